"""A mail server and a web server of our own on this machine, and an installation in a known state."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.settings import Settings
from pipelines.summary import SCHEMA_VERSION, BrokenCheck, Summary, write_summary

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NIGHT = "2026-11-23T02:30:00+00:00"


@dataclass
class Mailbox:
    """What the mail server took: each mail as it was sent over the wire and as it reads, and its recipients."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    refused: frozenset[str] = frozenset()

    @property
    def mails(self) -> list[EmailMessage]:
        return [BytesParser(policy=default).parsebytes(raw) for raw in self.raw]  # type: ignore[misc]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"


class _OnFreePort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@contextmanager
def mail_server(mailbox: Mailbox, hostname: str = "127.0.0.1", port: int = 0, **options: Any) -> Iterator[Mailbox]:
    """A mail server that fills `mailbox`, on a free port."""

    def login(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        mailbox.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    controller = _OnFreePort(mailbox, hostname=hostname, port=port, authenticator=login, **options)
    controller.start()
    try:
        mailbox.port = controller.port
        yield mailbox
    finally:
        controller.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server(Mailbox(), auth_require_tls=False) as box:
        yield box


@dataclass
class Hook:
    """What the web server was sent: path, headers and JSON; `answers` is the status it gives, 302 leads to `moved_to`."""

    url: str = ""
    answer: int = 200
    moved_to: str = ""
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    taken = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.requests.append((self.path, dict(self.headers), json.loads(body)))
            self.send_response(taken.answer)
            if taken.moved_to:
                self.send_header("Location", taken.moved_to)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    taken.url = f"http://127.0.0.1:{server.server_address[1]}/secret-path"
    yield taken
    server.shutdown()
    thread.join()
    server.server_close()


def configure(settings: Settings, text: str) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "stepcare.toml").write_text(text, encoding="utf-8")


def by_mail(mailbox: Mailbox, more: str = "") -> str:
    return (
        f'[alerts]\nsmtp_host = "127.0.0.1"\nsmtp_port = {mailbox.port}\nsender = "night@stepcare.example"\n'
        f'to = ["data@clinics.example", "it@clinics.example"]\n{more}\n'
    )


def summary(**changed: Any) -> Summary:
    """A night that went well at half past two."""
    said: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "stepcare_version": "0.1.0",
        "started_at": NIGHT,
        "ended_at": NIGHT,
        "outcome": "published",
        "exit_code": 0,
        "error": "",
        "message": "",
        "remedy": "",
        "run_id": "r",
        "generation": "g",
        "newest_success_at": NIGHT,
        "free_bytes": 1,
        "deliveries": (),
        "checks_broken": (),
        "troubles": (),
        "spoilt": (),
        "stage_seconds": {},
    }
    return Summary(**said | changed)


def night(settings: Settings, **changed: Any) -> None:
    """The installation after a night: `summary` with what is `changed`."""
    settings.home.mkdir(parents=True, exist_ok=True)
    write_summary(settings.home / "last_night.json", summary(**changed))


def failed_night(settings: Settings, **changed: Any) -> None:
    said = {"outcome": "failed", "exit_code": 6, "error": "NightFailed", "message": "the disk", "remedy": "look at it"}
    night(settings, **said | {"newest_success_at": "2026-11-22T02:40:00+00:00"} | changed)


def deliver(settings: Settings, clinic: str = "C003", name: str = "2026-11-01", **changed: Any) -> None:
    """A delivery as the ledger knows it: loaded, unless `changed` says otherwise."""
    said = {"state": "loaded", "delivery_key": f"{clinic}{name}", "mode": "snapshot", "seen_at": NIGHT}
    with open_ledger(settings.ledger) as ledger:
        ledger.record(Entry(clinic, name, changed.pop("fingerprint", "f"), **said | changed))


BLOCKED = {"state": "quarantined", "delivery_key": None, "mode": "", "reason": "session.csv: it has 492 rows, not 511"}
WARNED = BrokenCheck(
    "checks/results", "exercise_without_type", "exercise_without_type", "warn", counts={"n_broken": 12, "n_rows": 300}
)
STOPPED = BrokenCheck(
    "clean/intake", "contract", "contract", "error", detail="age between 0 and 120: 3 of 511 (0.59 %)"
)
