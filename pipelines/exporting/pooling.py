"""Rare categories pooled, and the practitioners of a clinic that has only one or two (domain/privacy.md 8.1)."""

from pipelines.casting import literal
from pipelines.contracts import FEEDS
from pipelines.exporting.plan import Plan
from pipelines.exporting.staging import Staging

POOLS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("intake", "ethnicity_group"): ("not_stated", ()),
    ("intake", "work_status"): (".s", ()),
    ("intake", "compensation_claim"): ("open_other", ("none",)),
    ("intake", "payer_type"): ("other", ()),
    ("intake", "referral_source"): ("other", ()),
    ("intake", "onset"): ("other", ()),
    ("intake", "prior_spine_surgery"): ("other", ("none",)),
    ("exam", "clinical_dx"): ("other_msk", ("non_spinal", "serious_pathology")),
}
"""Field to what its rare codes become (a code of the contract, or .s where it has none for the rest), and codes that stay however
rare: those that say that nothing was found, and a serious illness, which safety needs (docs/decisions/0030)."""

FEWEST_PRACTITIONERS = 3


def pool(staging: Staging, plan: Plan) -> dict[str, int]:
    """Pool codes that fewer than the plan's number of patients have; returns how many values changed, by field."""
    pooled = {}
    for (feed, field), (rest, kept) in POOLS.items():
        owner = (
            "row_intake"
            if feed == "intake"
            else f"(select * from row_{feed} inner join row_intake using (episode_key))"
        )
        stays = ", ".join(literal(code) for code in (rest, *kept))
        rare = (
            f"select {field} from {owner} where {field} not in ({stays}) and {field}[1] <> '.' "
            f"group by {field} having count(distinct patient_key) < {plan.fewest_of_a_category}"
        )
        if n_rows := _update(staging, feed, field, literal(rest), f"{field} in ({rare})"):
            pooled[f"{feed}.{field}"] = n_rows
    return pooled | _few_practitioners(staging)


def _few_practitioners(staging: Staging) -> dict[str, int]:
    """Where one or two people work, a pseudonym names one of them: all get the clinic's."""
    pooled = {}
    for feed, field in (("session", "practitioner_key"), ("imaging", "reader_id")):
        found = staging.con.execute(
            f"select count(distinct {field}) from row_{feed} where {field} is not null"
        ).fetchall()[0][0]
        if 0 < found < FEWEST_PRACTITIONERS:
            key = staging.pseudonyms.of(field, "of the clinic")
            pooled[f"{feed}.{field}"] = _update(staging, feed, field, literal(key), f"{field} is not null")
    return pooled


def _update(staging: Staging, feed: str, field: str, value: str, condition: str) -> int:
    if field not in FEEDS[feed].columns:
        raise ValueError(f"{feed} has no {field}")
    return int(staging.con.execute(f"update row_{feed} set {field} = {value} where {condition}").fetchall()[0][0])
