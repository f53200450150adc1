"""The views of a report other than its page: PDF, CSV, JSON and the e-mail's text, made from the report's model alone.

They walk the model's fields, so that a field that is added to the model is in every one of them.
"""
