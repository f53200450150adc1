"""Known weaknesses of what the locks name: `make audit`, a job of its own with a network, never evidence in CI.

pip-audit says "no known vulnerabilities found" also where its source knows nothing of a package. So it is asked first about a
package that is known to be weak; when that is not found, or anything could not be audited, the result is UNKNOWN and never green.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipelines.provenance import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
CONTROL = "jinja2==2.10"
NONE_KNOWN, WEAK, UNKNOWN = 0, 1, 2


def judge(control: str, reports: Sequence[str]) -> tuple[int, list[str]]:
    """The exit code and what to say, from pip-audit's JSON on the package known to be weak and on each lock."""
    found = _weaknesses(control)
    if not found:
        return UNKNOWN, [f"UNKNOWN: the source of advisories does not know {CONTROL}, so that it can clear nothing"]
    listed = [_weaknesses(report) for report in reports]
    weak = sorted({line for lines in listed for line in lines or ()})
    if weak:
        return WEAK, weak
    if None in listed:
        return UNKNOWN, ["UNKNOWN: at least one package could not be audited; see above"]
    return NONE_KNOWN, [f"None known, and the control {CONTROL} was found"]


def _weaknesses(report: str) -> list[str] | None:
    """A line a weakness; None when the report is none or leaves a package out."""
    try:
        packages = json.loads(report)["dependencies"]
        skipped = not packages or any("vulns" not in package for package in packages)
        lines = [
            f"{package['name']} {package['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or '?'}"
            for package in packages
            for weakness in package.get("vulns", ())
        ]
    except (ValueError, KeyError, TypeError):
        return None
    return None if skipped and not lines else lines


def main(scanner: str) -> int:
    """Audit the locks with the pip-audit at `scanner`; 0 none known, 1 weaknesses, 2 UNKNOWN."""
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control.txt"
        control.write_text(f"{CONTROL}\n", encoding="utf-8")
        code, lines = judge(
            _report(scanner, control, "--no-deps"),
            [_report(scanner, ROOT / lock, "--require-hashes") for lock in LOCKS],
        )
    sys.stdout.write("\n".join(lines) + "\n")
    return code


def _report(scanner: str, requirements: Path, option: str) -> str:
    command = [scanner, "--strict", "--disable-pip", option, "--format", "json", "--requirement", str(requirements)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout  # noqa: S603 (our own words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
