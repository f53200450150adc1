"""Who may read whose reports, and who gets them by e-mail: `[delivery]`, `[[reader]]`, `[[subscription]]` of `stepcare.toml`."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.alerts.settings import is_address
from pipelines.configuration import CONFIGURATION, read_section, read_tables
from pipelines.errors import UsageError
from pipelines.reporting.shelf_names import is_of_practitioner, is_of_practitioner_in, practitioner_shelf, shelf_of

EVERYBODY = "*"
"""In a reader's `clinics`: the reports of all clinics and of the network. Practitioners' own reports are never among them."""


@dataclass(frozen=True)
class DeliverySettings:
    """How reports are sent. Nothing is sent until `sends` is true: until then each e-mail becomes a file in `outbox`.

    No address outside `allowed_domains` gets anything. `password_file` is as in `[alerts]`.
    """

    sends: bool = False
    name: str = "Stepcare"
    smtp_host: str = ""
    smtp_port: int = 587
    sender: str = ""
    password_file: str = ""
    allowed_domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """A person, by e-mail address, and what that person may read: the reports of `clinics` (or `network`, or `*`); a
    practitioner's own, by clinic and key (`practitioner_of`, `practitioner_key`); those of every practitioner of the clinics in
    `leads`."""

    email: str
    clinics: tuple[str, ...] = ()
    practitioner_of: str = ""
    practitioner_key: str = ""
    leads: tuple[str, ...] = ()

    def may_read(self, shelf: str) -> bool:
        """Whether the reports on a shelf may be shown to the reader."""
        if is_of_practitioner(shelf):
            is_own = bool(self.practitioner_key) and shelf == practitioner_shelf(
                self.practitioner_of, self.practitioner_key
            )
            return is_own or any(is_of_practitioner_in(shelf, clinic) for clinic in self.leads)
        return EVERYBODY in self.clinics or shelf in {shelf_of(clinic) for clinic in self.clinics}


@dataclass(frozen=True)
class Subscription:
    """That a reader gets the report of a clinic (or `network`), or with `practitioner_key` that practitioner's own, `every`
    week or month; `paused_until` is a date, or empty."""

    email: str
    clinic: str
    practitioner_key: str = ""
    every: str = "month"
    only_on_signal: bool = False
    is_paused: bool = False
    paused_until: str = ""

    @property
    def shelf(self) -> str:
        """The folder of the reports that are wanted."""
        return (
            practitioner_shelf(self.clinic, self.practitioner_key) if self.practitioner_key else shelf_of(self.clinic)
        )

    @property
    def of(self) -> str:
        """Whose reports are wanted, in words."""
        return f"a practitioner of {self.clinic}" if self.practitioner_key else self.clinic

    def is_due_on(self, day: date) -> bool:
        """Whether it is not paused on that day."""
        return not self.is_paused and (not self.paused_until or day >= date.fromisoformat(self.paused_until))


def read_delivery_settings(home: Path) -> DeliverySettings:
    """The table `[delivery]`. Raises UsageError, naming the key, for what cannot be used."""
    settings = read_section(home, "delivery", DeliverySettings)
    place = f"{home / CONFIGURATION}: [delivery]"
    if not settings.name.isprintable() or len(settings.name) > 60:
        raise UsageError(f"{place} name must be one line of at most 60 letters")
    if settings.sends and not (settings.smtp_host and is_address(settings.sender)):
        raise UsageError(f"{place} sends is true: it needs smtp_host, and a sender such as reports@example.org")
    if settings.sender and not is_address(settings.sender):
        raise UsageError(f"{place} sender must be an e-mail address such as reports@example.org")
    if not 0 < settings.smtp_port < 65536:
        raise UsageError(f"{place} smtp_port must be from 1 to 65535")
    if any(domain != domain.lower() or "@" in domain or not domain.strip(".") for domain in settings.allowed_domains):
        raise UsageError(f"{place} allowed_domains must be names in small letters such as 'clinic.example'")
    return settings


def read_readers(home: Path) -> dict[str, Reader]:
    """The readers by address in small letters. Raises UsageError for an address that is none, or that stands twice."""
    found: dict[str, Reader] = {}
    for reader in read_tables(home, "reader", Reader):
        key = reader.email.lower()
        if not is_address(reader.email) or key in found:
            raise UsageError(
                f"{home / CONFIGURATION}: [[reader]] {reader.email!r} is no e-mail address, or stands twice"
            )
        found[key] = reader
    return found


def read_subscriptions(home: Path) -> list[Subscription]:
    """The subscriptions in their order. Raises UsageError for a period or a date that is none."""
    found = list(read_tables(home, "subscription", Subscription))
    for one in found:
        place = f"{home / CONFIGURATION}: [[subscription]] of {one.email}:"
        if one.every not in ("week", "month"):
            raise UsageError(f"{place} every must be 'week' or 'month'")
        try:
            one.is_due_on(date.min)
        except ValueError:
            raise UsageError(f"{place} paused_until must be a date such as 2027-01-31") from None
    return found


def why_not(home: Path, settings: DeliverySettings, email: str, shelf: str) -> str:
    """Why a report on `shelf` may not go to an address now, in words; empty when it may. Reads the rights anew."""
    reader = read_readers(home).get(email.lower())
    domain = email.rpartition("@")[2].lower()
    if reader is None:
        return "there is no [[reader]] with this address"
    if not reader.may_read(shelf):
        return "this reader may not read these reports"
    if domain not in settings.allowed_domains:
        return "its domain is not among allowed_domains of [delivery]"
    return ""
