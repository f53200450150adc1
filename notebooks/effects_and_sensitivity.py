# %% [markdown]
# # Effects, and how firm they are
#
# Every effect with its interval, its refusal or its doubt, and the same question answered in other ways. From
# records, adjusted for what was recorded, not from a trial. A nightly number is monitoring; **'no difference large
# enough to matter was found' is a good result.**

# %%
from pipelines.results import Dots, open_results

results = open_results()
effects = results.effects()

# %% [markdown]
# ## Extra patients with 30 % less disability
#
# Risk differences of the arm named first; 0.10 is the smallest that matters. An interval that holds 0 and 0.10 cannot
# tell.

# %%
responders = effects.only(effects.df["outcome"].str.startswith("r30d"), "Risk difference of 30 % less disability")
responders.show()

# %%
responders.table(
    columns=["trial", "outcome", "contrast", "status", "estimate", "lower", "upper", "n", "episodes_needed"]
)

# %% [markdown]
# ## On other scales
#
# Points of the scale, or risk differences of the other outcomes; each has its own smallest difference that matters
# (docs/methods.md).

# %%
others = effects.only(~effects.df["outcome"].str.startswith("r30d"), "Effects on other outcomes")
others.table(columns=["trial", "outcome", "contrast", "status", "estimate", "lower", "upper", "n"])

# %% [markdown]
# ## Refused, withheld and doubted
#
# A refusal is an answer: the records cannot tell, and the reason says why. A doubt is read with its estimate.

# %%
refused = effects.only(effects.df["status"] == "refused", "Refused or withheld")
refused.table(columns=["trial", "outcome", "contrast", "reason"])

# %%
doubted = effects.only(effects.df["doubt"].notna(), "The strongest doubt beside an estimate")
doubted.table(columns=["trial", "outcome", "contrast", "doubt"])

# %% [markdown]
# ## The same question in other ways
#
# Other windows, adjustments and analyses, for contrasts that are not withheld. The naive comparison is what a table
# of means would say; it is shown to see what adjustment does, never as a result. Look at the spread of all of them,
# not for the one that pleases.

# %%
OTHERWISE = """
select choice.trial, choice.contrast, choice.specification, choice.estimate, choice.lower, choice.upper, choice.n,
    choice.status, choice.reason
from diagnostics.specifications as choice
anti join self_checks.withheld as withheld
    on choice.trial = withheld.trial and choice.contrast = withheld.contrast and withheld.outcome = 'r30d_12wk'
where choice.outcome = 'r30d_12wk' and choice.trial = ? and choice.contrast = ?
order by choice.is_main desc, choice.is_naive, choice.specification
"""


def otherwise(trial, contrast):
    asked = results.sql(
        OTHERWISE,
        [trial, contrast],
        title=contrast.replace("_", " "),
        dots=Dots(("specification",), "estimate", "lower", "upper", "risk difference at 12 weeks", reference=0.0),
    )
    return asked.show() if len(asked) else f"{asked.title}: withheld, so its other analyses are not shown either."


otherwise("decision", "add_manipulation - continue_without")

# %%
otherwise("index", "manipulation - exercise")

# %%
otherwise("index", "manipulation - rest_or_advice")

# %%
otherwise("index", "exercise - rest_or_advice")

# %% [markdown]
# ## What remains to be doubted
#
# What the diagnostics found; 'withhold' takes the effect out of every report.

# %%
CONCERNS = """
select concern.trial, concern.outcome, concern.contrast, concern.concern, concern.severity, concern.words
from diagnostics.concerns as concern
order by concern.severity desc, concern.trial, concern.outcome, concern.contrast, concern.concern
"""
results.sql(CONCERNS, title="Doubts by effect").table(most=12)

# %%
results.close()
