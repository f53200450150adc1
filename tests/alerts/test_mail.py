"""E-mail, over the wire to a mail server of our own."""

import shutil
import ssl
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.alerts.mail import read_login
from pipelines.alerts.settings import read_alert_settings
from pipelines.alerts.telling import look_and_tell, send_test
from pipelines.errors import NotTold, UsageError
from pipelines.settings import Settings
from tests.alerts.conftest import (
    BLOCKED,
    NOW,
    Mailbox,
    by_mail,
    configure,
    deliver,
    failed_night,
    mail_server,
    night,
)


def test_a_blocked_delivery_reaches_its_readers_with_reason_and_remedy(settings: Settings, mailbox: Mailbox) -> None:
    configure(settings, by_mail(mailbox))
    night(settings)
    deliver(settings, **BLOCKED)
    assert look_and_tell(settings, NOW).sent == {"e-mail": 1}
    (mail,) = mailbox.mails
    assert mail["Subject"] == "[Stepcare] C003: delivery 2026-11-01 blocked"
    assert mail["From"] == "night@stepcare.example"
    assert mail["To"] == "data@clinics.example, it@clinics.example"
    assert mail["Date"] == "Mon, 23 Nov 2026 08:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(mail["Message-ID"]).endswith("@stepcare.example>")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mailbox.recipients == [["data@clinics.example", "it@clinics.example"]]
    text = mail.get_content()
    assert "it has 492 rows, not 511" in text
    assert "send the reason to the clinic" in text
    assert "stepcare quarantine show C003/2026-11-01" in text
    assert mailbox.logins == []


def test_one_message_collects_what_a_night_left_to_tell(settings: Settings, mailbox: Mailbox) -> None:
    configure(settings, by_mail(mailbox))
    failed_night(settings)
    for clinic in ("C001", "C002"):
        deliver(settings, clinic, **BLOCKED)
    look_and_tell(settings, NOW)
    (mail,) = mailbox.mails
    assert mail["Subject"] == "[Stepcare] the night of 2026-11-23 failed, and 3 more"
    assert [mail.get_content().count(clinic) for clinic in ("C001", "C002")] == [2, 2]


def test_a_cause_is_told_once_then_weekly_when_it_is_red_and_once_when_it_is_over(
    settings: Settings, mailbox: Mailbox
) -> None:
    configure(settings, by_mail(mailbox))
    failed_night(settings, newest_success_at="2026-11-23T02:00:00+00:00")
    deliver(settings, **BLOCKED)
    for hours in range(0, 24, 6):
        look_and_tell(settings, NOW + timedelta(hours=hours - 6))
    assert len(mailbox.raw) == 1
    failed_night(settings, newest_success_at="2026-11-30T02:00:00+00:00")
    look_and_tell(settings, NOW + timedelta(days=7))
    assert [mail["Subject"] for mail in mailbox.mails[1:]] == ["[Stepcare] the night of 2026-11-23 failed"]
    assert "Still there after a week" in mailbox.mails[1].get_content()
    night(settings, newest_success_at="2026-11-30T12:00:00+00:00")
    for _ in range(2):
        look_and_tell(settings, NOW + timedelta(days=7, hours=6))
    assert [mail["Subject"] for mail in mailbox.mails[2:]] == ["[Stepcare] over: the night of 2026-11-23 failed"]
    assert "Is over" in mailbox.mails[2].get_content()


def test_a_cause_that_comes_back_is_new_again(settings: Settings, mailbox: Mailbox) -> None:
    configure(settings, by_mail(mailbox))
    for is_ill in (True, False, True):
        (failed_night if is_ill else night)(settings, newest_success_at="2026-11-23T02:00:00+00:00")
        look_and_tell(settings, NOW)
    subjects = [mail["Subject"] for mail in mailbox.mails]
    assert subjects == [f"[Stepcare] {over}the night of 2026-11-23 failed" for over in ("", "over: ", "")]


def test_what_gets_worse_is_told_again(settings: Settings, mailbox: Mailbox) -> None:
    """R-F3: a night that is late for 26 hours is amber, for 50 hours red."""
    configure(settings, by_mail(mailbox))
    night(settings, newest_success_at=NOW.isoformat())
    for hours in (25, 26, 49, 50, 51):
        look_and_tell(settings, NOW + timedelta(hours=hours))
    said = [mail.get_content() for mail in mailbox.mails]
    assert [text.splitlines()[0] for text in said] == ["New", "Worse"]
    assert "no night for 26 hours (amber)" in said[0]
    assert "no night for 50 hours (red)" in said[1]


def test_what_could_not_be_sent_is_tried_again_once_the_server_is_back(settings: Settings) -> None:
    box = Mailbox()
    with mail_server(box, auth_require_tls=False):
        pass
    configure(settings, by_mail(box))
    failed_night(settings)
    for _ in range(2):
        told = look_and_tell(settings, NOW)
        assert told.is_untold
        assert told.problems == (
            f"the mail server 127.0.0.1:{box.port} could not be used (ConnectionRefusedError); it is tried again",
        )
    with mail_server(box, port=box.port, auth_require_tls=False):
        assert not look_and_tell(settings, NOW).is_untold
        look_and_tell(settings, NOW)
    assert len(box.raw) == 1


def test_a_cause_that_was_over_before_anybody_could_be_told_is_still_told(settings: Settings) -> None:
    box = Mailbox()
    with mail_server(box, auth_require_tls=False):
        pass
    configure(settings, by_mail(box))
    failed_night(settings)
    look_and_tell(settings, NOW)
    night(settings)
    with mail_server(box, port=box.port, auth_require_tls=False):
        look_and_tell(settings, NOW)
    (mail,) = box.mails
    assert mail["Subject"] == "[Stepcare] over: the night of 2026-11-23 failed, and 1 more"
    assert "It ended with NightFailed (exit code 6)" in mail.get_content()


def test_a_recipient_that_the_server_refuses_is_said_and_the_others_are_told_once(
    settings: Settings, mailbox: Mailbox
) -> None:
    mailbox.refused = frozenset({"it@clinics.example"})
    configure(settings, by_mail(mailbox))
    deliver(settings, **BLOCKED)
    assert look_and_tell(settings, NOW).problems == (
        f"the mail server 127.0.0.1:{mailbox.port} refused 1 of 2 recipients",
    )
    assert look_and_tell(settings, NOW).problems == ()
    assert mailbox.recipients == [["data@clinics.example"]]


def _password(settings: Settings, mode: int = 0o600, text: str = "night\npass word\n") -> Path:
    settings.home.mkdir(parents=True, exist_ok=True)
    path = settings.home / "smtp.password"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_user_and_the_password_come_from_a_file_of_their_owner(settings: Settings, mailbox: Mailbox) -> None:
    _password(settings)
    configure(settings, by_mail(mailbox, 'password_file = "smtp.password"'))
    assert send_test(settings, NOW) == ("e-mail",)
    assert mailbox.logins == [("night", "pass word")]
    assert mailbox.mails[0]["Subject"] == "[Stepcare] a test"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_password_file_that_others_may_read_is_refused_before_anything_is_sent(
    settings: Settings, mailbox: Mailbox, mode: int
) -> None:
    path = _password(settings, mode)
    configure(settings, by_mail(mailbox, 'password_file = "smtp.password"'))
    deliver(settings, **BLOCKED)
    told = look_and_tell(settings, NOW)
    assert told.is_untold
    assert f"chmod 600 {path}" in told.problems[0]
    assert mailbox.raw == []


def test_a_password_file_holds_two_lines_and_is_no_link(settings: Settings) -> None:
    path = _password(settings, text="only a user\n")
    with pytest.raises(UsageError, match="two lines"):
        read_login(path)
    link = path.with_name("link")
    link.symlink_to(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_login(link)


def _certificate(folder: Path) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed, so there is no certificate to test STARTTLS with")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    more = ["-addext", "subjectAltName=IP:0.0.0.0", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *more], check=True, capture_output=True)
    return key, certificate


def test_another_machine_is_spoken_to_by_starttls_only_with_a_certificate_that_is_verified(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.0.0.0 leads to this machine and is no loopback address: what holds for other machines holds for it."""
    key, certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    _password(settings)
    box = Mailbox()
    with mail_server(box, "0.0.0.0", tls_context=context, auth_require_tls=True):
        elsewhere = by_mail(box, 'password_file = "smtp.password"').replace("127.0.0.1", "0.0.0.0")
        configure(settings, elsewhere)
        with pytest.raises(NotTold, match="SSLCertVerificationError"):
            send_test(settings, NOW)
        assert box.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send_test(settings, NOW)
    assert box.logins == [("night", "pass word")]
    assert len(box.raw) == 1


def test_a_server_elsewhere_without_starttls_gets_neither_password_nor_mail(settings: Settings) -> None:
    _password(settings)
    box = Mailbox()
    with mail_server(box, "0.0.0.0", auth_require_tls=False):
        configure(settings, by_mail(box, 'password_file = "smtp.password"').replace("127.0.0.1", "0.0.0.0"))
        with pytest.raises(NotTold, match="offers no STARTTLS"):
            send_test(settings, NOW)
    assert (box.logins, box.raw) == ([], [])


@pytest.mark.parametrize(
    "name",
    [
        "C003\r\nBcc: everybody@evil.example",
        "C003\nSubject: you have won",
        "C003\n\n<b>a body of my own</b>",
        "C003\x00\x1b[31m",
        "=?utf-8?q?C003=0D=0ABcc:_evil?=",
        "C003\u2028Bcc: evil@evil.example",
    ],
)
def test_a_clinic_cannot_write_headers_or_text_by_its_name(settings: Settings, mailbox: Mailbox, name: str) -> None:
    configure(settings, by_mail(mailbox))
    night(settings)
    deliver(settings, name, name, **BLOCKED | {"reason": f"about {name}"})
    assert look_and_tell(settings, NOW).sent == {"e-mail": 1}
    (mail,) = mailbox.mails
    assert mailbox.recipients == [["data@clinics.example", "it@clinics.example"]]
    assert set(mail.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
        *("Content-Type", "Content-Transfer-Encoding"),
    }
    assert "evil" not in str(mail["Subject"])
    assert "won" not in str(mail["Subject"])
    assert "unusual name" in str(mail["Subject"])
    reason = next(line for line in mail.get_content().splitlines() if line.startswith("  What"))
    assert reason.startswith("  What      about")
    assert not any(letter in mail.get_content() for letter in "\x00\x1b\u2028")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('sender = "night@stepcare.example\\nBcc: x@evil.example"', "sender must be an e-mail address"),
        ('sender = "night"', "sender must be an e-mail address"),
        ("to = []", "whom to write to"),
        ('to = ["a@b.example, c@d.example"]', "to must be an e-mail address"),
        ("smtp_port = 0", "smtp_port must be"),
        ('name = "one\\ntwo"', "name must be one line"),
        ('webhook = "http://hooks.example/x"', "webhook must be an https"),
        ('webhook = "file:///etc/passwd"', "webhook must be an https"),
        ('webhook = "https://user:word@hooks.example/x"', "webhook must be an https"),
        ('webhook = "https://hooks.example/a b"', "webhook must be an https"),
        ('webhok = "https://hooks.example/x"', "has no setting webhok"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: Settings, setting: str, said: str) -> None:
    key = setting.split(" ", 1)[0]
    lines = ['smtp_host = "mail.example"', 'sender = "night@stepcare.example"', 'to = ["it@clinics.example"]']
    configure(settings, "[alerts]\n" + "\n".join([*(line for line in lines if not line.startswith(key)), setting]))
    with pytest.raises(UsageError, match=said):
        read_alert_settings(settings.home)
