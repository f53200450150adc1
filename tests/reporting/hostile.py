"""Report tables in which every text that may come from a delivery, or from who runs the night, is an attack on the page."""

import itertools
from collections.abc import Sequence

import pandas as pd

from pipelines.reporting.model import Stamp

from .released import STAMP, exact_tables, released

ESCAPES = ("", '">', "'>", "</td></table>", "</style></title>--></text></svg>")
VECTORS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>", "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href=javascript:alert(1)>x</a>", "<details open ontoggle=alert(1)>", "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>", "<audio src=x onerror=alert(1)>", "<object data=javascript:alert(1)>",
    "<embed src=//host.example/x.swf>", "<link rel=stylesheet href=//host.example/x.css>", "<base href=//host.example/>",
    "<style>@import '//host.example/x.css'</style>", "<meta http-equiv=refresh content='0;url=//host.example/'>",
    "<form action=//host.example/><button>x</button></form>", "<math><a xlink:href=javascript:alert(1)>x</a></math>",
    "<svg><script>alert(1)</script></svg>", "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<img src=//host.example/pixel.png>", "<ScRiPt>alert(1)</sCrIpT>", "<script src=//host.example/x.js></script>",
    "<img/src/onerror=alert(1)>", "<svg/onload=alert(1)//", "<marquee onstart=alert(1)>x</marquee>",
    "<template><script>alert(1)</script></template>", "<noscript><img src=x onerror=alert(1)></noscript>",
    "<textarea><script>alert(1)</script>", "<!--<img src=x onerror=alert(1)>-->", "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "{{7*7}}{% raw %}<b>",
    "onmouseover=alert(1) x=", "' autofocus onfocus=alert(1) x='", '" style="background:url(//host.example/x.png)" x="',
    "\u2028<script>alert(1)</script>", "[x](javascript:alert(1)) <javascript:alert(1)>",
)  # fmt: skip
PAYLOADS = tuple(escape + vector for escape, vector in itertools.product(ESCAPES, VECTORS))
CODED = {
    ("refused_deliveries", "state"), ("quarantine_reasons", "scope"), ("effects", "status"), ("effects", "trial"),
    ("regimes", "quantity"), ("regimes", "status"), ("sensitivity", "status"),
    ("rule_values", "status"), ("rule_values", "trial"), ("heterogeneity", "trial"),
    ("imaging_prevalence", "level"), ("indicators", "numerator_percent_words"), ("decision_flow", "trial"),
    ("responders", "n_answered_percent_words"), ("responder_slices", "complaint"),
    ("responder_slices", "n_answered_percent_words"), ("responder_slices", "n_responders_percent_words"),
    ("indicators", "indicator"),
    ("data_quality", "category"), ("data_quality", "severity"), ("data_quality", "owner"), ("data_quality", "status"),
    ("data_quality", "trend"), ("data_quality", "n_broken_percent_words"),
    ("indicator_periods", "indicator"), ("indicator_periods", "numerator_percent_words"),
    ("case_mix", "indicator"), ("case_mix", "measure"), ("case_mix", "status"), ("case_mix", "signal"),
    ("case_mix", "direction"), ("funnel", "indicator"), ("funnel", "measure"), ("clinic_courses", "indicator"),
    ("clinic_courses", "measure"), ("clinic_courses", "status"), ("safety", "list"), ("equity", "indicator"),
    ("equity", "numerator_percent_words"), ("self_checks", "status"), ("concerns", "severity"),
    ("improvement_curves", "trial"), ("arm_means", "trial"),
}  # fmt: skip
"""Columns of our own words: another one is refused or not shown."""


def poisoned(payloads: Sequence[str]) -> tuple[dict[str, pd.DataFrame], Stamp]:
    """Released tables with a clinic a payload, each payload at the end of the texts of its rows, and a stamp with all of them."""
    codes = {f"C{number:03d}": f"C{number:03d}{payload}" for number, payload in enumerate(payloads)}
    exact = exact_tables(dict.fromkeys(codes, 300))
    refused = exact["refused_deliveries"]
    exact["refused_deliveries"] = pd.concat([refused.assign(clinic_code=code) for code in codes], ignore_index=True)
    tables = {name: _poison(name, frame, codes, payloads) for name, frame in released(exact).items()}
    everything = " ".join(payloads)
    stamp = STAMP.model_copy(
        update={
            "run_id": payloads[0],
            "data_hash": payloads[-1],
            "code_version": everything,
            "source_notes": tuple(payloads),
        }
    )
    return tables, stamp


def _poison(name: str, frame: pd.DataFrame, codes: dict[str, str], payloads: Sequence[str]) -> pd.DataFrame:
    made = frame.copy()
    for column in frame.columns:
        texts = frame[column].map(lambda value: isinstance(value, str))
        if column == "clinic_code":
            made[column] = frame[column].map(lambda code: codes.get(code, code))
        elif texts.any() and (name, column) not in CODED:
            shares = itertools.cycle(payloads)
            made[column] = [f"{v}{next(shares)}" if isinstance(v, str) else v for v in frame[column]]
    return made


def benign(n: int) -> tuple[str, ...]:
    """As many texts that hold no mark-up, for what the pages look like without an attack."""
    return tuple(f"text {number}" for number in range(n))
