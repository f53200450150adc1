"""The profiles of disclosure control, and which one an installation uses: the table `[disclosure]` of `stepcare.toml`."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.configuration import CONFIGURATION, read_section
from pipelines.errors import UsageError


@dataclass(frozen=True)
class Profile:
    """One set of rules: counts from 1 to `smallest_shown - 1` are withheld, the others rounded to `rounded_to`."""

    name: str
    smallest_shown: int
    rounded_to: int = 5

    def rounded(self, count: int) -> int:
        """The count as it is shown; 0 stays 0."""
        return self.rounded_to * round(count / self.rounded_to)

    def hides(self, count: int) -> bool:
        """Whether a count is too small to be shown."""
        return 0 < count < self.smallest_shown

    def known(self, count: int) -> tuple[int, int]:
        """The least and the greatest count that is shown as this one is."""
        shown, half = self.rounded(count), (self.rounded_to - 1) // 2
        return shown - half, shown + half


NHS_HES = Profile("nhs_hes", smallest_shown=8)
CMS = Profile("cms", smallest_shown=11)
INTERNAL = Profile("internal", smallest_shown=5)
PROFILES = {profile.name: profile for profile in (NHS_HES, CMS, INTERNAL)}


@dataclass(frozen=True)
class DisclosureSettings:
    """`profile`: `nhs_hes` (1 to 7 withheld; for whatever may leave the group), `cms` (1 to 10) or `internal` (1 to 4)."""

    profile: str = NHS_HES.name


def profile_of(home: Path) -> Profile:
    """The profile of the installation in `home`. Raises UsageError for a name that is none."""
    name = read_section(home, "disclosure", DisclosureSettings).profile
    if name not in PROFILES:
        raise UsageError(f"{home / CONFIGURATION}: [disclosure] profile must be one of {', '.join(PROFILES)}")
    return PROFILES[name]
