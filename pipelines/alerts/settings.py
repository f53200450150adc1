"""What an operator may set for alerts: the tables `[alerts]` and `[clinics]` of `stepcare.toml`."""

import ipaddress
from dataclasses import dataclass
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.configuration import CONFIGURATION, read_section
from pipelines.errors import UsageError


@dataclass(frozen=True)
class ClinicSettings:
    """Who should deliver, and how often: a clinic is missing after `late_after_days` without a delivery.

    The default is a month and four days, for a monthly export. Clinics in `left` are expected no more.
    """

    expected: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    late_after_days: int = 35


@dataclass(frozen=True)
class AlertSettings:
    """Where alerts go; nowhere until `smtp_host` or `webhook` is set.

    `password_file` holds two lines, the user and the password, and is its owner's alone (mode 0600).
    """

    name: str = "Stepcare"
    smtp_host: str = ""
    smtp_port: int = 587
    sender: str = ""
    to: tuple[str, ...] = ()
    password_file: str = ""
    webhook: str = ""

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are configured: `e-mail`, `webhook`."""
        configured = {"e-mail": self.smtp_host, "webhook": self.webhook}
        return tuple(channel for channel, place in configured.items() if place)


def read_alert_settings(home: Path) -> AlertSettings:
    """The table `[alerts]` of the installation. Raises UsageError, naming the key, for what cannot be used."""
    settings = read_section(home, "alerts", AlertSettings)
    place = f"{home / CONFIGURATION}: [alerts]"
    if not settings.name.isprintable() or len(settings.name) > 60:
        raise UsageError(f"{place} name must be one line of at most 60 letters")
    if settings.smtp_host:
        for key, address in [("sender", settings.sender), *(("to", address) for address in settings.to)]:
            if not is_address(address):
                raise UsageError(f"{place} {key} must be an e-mail address such as night@example.org")
        if not settings.to:
            raise UsageError(f"{place} smtp_host is set, but not whom to write to: to = ['someone@example.org']")
        if not 0 < settings.smtp_port < 65536:
            raise UsageError(f"{place} smtp_port must be from 1 to 65535")
    if settings.webhook and not _is_safe_url(settings.webhook):
        raise UsageError(
            f"{place} webhook must be an https:// address without user and password (http:// on this machine)"
        )
    return settings


def read_clinic_settings(home: Path) -> ClinicSettings:
    """The table `[clinics]` of the installation. Raises UsageError for what cannot be used."""
    settings = read_section(home, "clinics", ClinicSettings)
    if settings.late_after_days < 1:
        raise UsageError(f"{home / CONFIGURATION}: [clinics] late_after_days must be 1 or more")
    return settings


def is_this_machine(host: str) -> bool:
    """Whether the host, as it is written, can be no other than this machine: localhost or a loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_address(text: str) -> bool:
    """Whether the text is one plain e-mail address."""
    try:
        return bool(Address(addr_spec=text).domain) and text.isascii() and text.isprintable()
    except (ValueError, IndexError, AttributeError):  # the parser of the standard library stumbles over some
        return False


def _is_safe_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        has_port = url.port != 0
    except ValueError:
        return False
    is_allowed = url.scheme == "https" or (url.scheme == "http" and is_this_machine(url.hostname or ""))
    plain = text.isascii() and text.isprintable() and " " not in text
    return bool(is_allowed and url.hostname and has_port and not url.username and not url.password and plain)
