"""Negative controls: facts that a treatment of this episode cannot have caused, fixed before any outcome was looked at.

Each was settled before time zero and shares with the outcome what may decide a treatment without being recorded: severity, access
to care, habits, preference. None is a reason to choose or to avoid manipulation in any guideline, so once the other covariates
are accounted for nothing of it should be left between the arms. (Lipsitch and others, Epidemiology 2010;21:383.)
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NegativeControl:
    """A fact of `column` of cohort.covariates: a number, yes or no, or one of the `levels` of a code (then it is yes).

    `left_out`: covariates that are the control or define it; they are not adjusted for when it stands in for the outcome.
    `reason` says why treatment cannot have caused it and what it shares with the outcome.
    """

    name: str
    words: str
    column: str
    reason: str
    levels: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


NEGATIVE_CONTROLS = (
    NegativeControl(
        name="earlier_episodes",
        words="three or more earlier episodes of back pain",
        column="prior_episodes",
        levels=("3-5", "6+"),
        left_out=("prior_episodes",),
        reason="they lie before this episode; they tell of a severity that one intake does not show",
    ),
    NegativeControl(
        name="body_mass",
        words="body mass index",
        column="bmi",
        left_out=("bmi",),
        reason="measured at intake; it goes with general health and with what people expect of exercise",
    ),
    NegativeControl(
        name="smoker",
        words="smokes at present",
        column="smoking",
        levels=("current",),
        left_out=("smoking",),
        reason="recorded at intake; it goes with means, health and keeping appointments",
    ),
    NegativeControl(
        name="diabetes",
        words="diabetes",
        column="comorb_diabetes",
        left_out=("comorb_diabetes",),
        reason="recorded at intake; it goes with general health and access to care",
    ),
    NegativeControl(
        name="hip_or_knee_osteoarthritis",
        words="osteoarthritis of hip or knee",
        column="comorb_hip_knee_oa",
        reason="recorded at intake; it goes with age, load and how much else hurts",
    ),
    NegativeControl(
        name="paracetamol_before",
        words="took paracetamol before care began",
        column="med_paracetamol",
        levels=("prn", "daily"),
        reason="recorded at intake; how bad the pain was, as the patient dealt with it",
    ),
    NegativeControl(
        name="family_disc_surgery",
        words="a relative had disc surgery",
        column="fh_disc_surgery",
        reason="lies before this episode; it goes with inherited severity and with what a family expects of care",
    ),
    NegativeControl(
        name="deprived_area",
        words="deprivation of the area",
        column="deprivation_quintile",
        reason="where the patient lives; it goes with access to care and with answering questionnaires",
    ),
)
