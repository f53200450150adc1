"""Effects of strategies from records: protocol, nuisance models, doubly robust scores, inference, refusals.

Only NumPy, SciPy, pandas and scikit-learn are used here, and scikit-learn only in the modules that fit models:
`protocol`, `trials`, `inference`, `overlap`, `refusals`, `labels` and `survival` import without it.
"""
