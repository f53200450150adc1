"""Reports by e-mail, against a mail server of our own: once each, to those who may read them, and to nobody by default."""

from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import dagster as dg
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.delivering.mails import file_of
from pipelines.delivering.outbox import Key, open_outbox
from pipelines.delivering.sending import Delivered, deliver
from pipelines.delivery_jobs import build_delivery_schedule, delivery
from pipelines.errors import InstallationError, UsageError
from pipelines.resources import NightBuild
from pipelines.settings import Settings
from tests.alerts.conftest import Mailbox, mail_server, mailbox

from .conftest import CLINICAL_LEAD, KEY, LEAD, MANAGER, NOW, OTHER, SELF, configure, file_reports, subscribed

__all__ = ["mailbox"]


def send(settings: Settings, now: datetime = NOW) -> list[Delivered]:
    return deliver(settings, now)


def by_mail(settings: Settings, mailbox: Mailbox, *subscriptions: str, **delivery: object) -> None:
    configure(settings, "\n".join(subscriptions), sends=True, smtp_host="127.0.0.1", smtp_port=mailbox.port, **delivery)


def test_nothing_is_sent_until_the_settings_say_so(settings: Settings, mailbox: Mailbox) -> None:
    configure(settings, subscribed(MANAGER, "C001"), smtp_host="127.0.0.1", smtp_port=mailbox.port)
    assert [one.done for one in send(settings)] == ["written"]
    assert mailbox.mails == []
    (file,) = (settings.home / "outbox").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    mail = BytesParser(policy=default).parsebytes(file.read_bytes())
    assert isinstance(mail, EmailMessage)
    assert mail["To"] == MANAGER
    assert MANAGER not in file.name
    assert [one.why for one in send(settings)] == ["it was written or sent before"]


def test_a_subscriber_gets_the_text_and_the_pdf_of_the_newest_report(settings: Settings, mailbox: Mailbox) -> None:
    by_mail(settings, mailbox, subscribed(MANAGER, "C001"), subscribed(LEAD, "network", "every = 'week'"))
    assert [one.done for one in send(settings)] == ["sent", "sent"]
    manager, lead = mailbox.mails
    assert mailbox.recipients == [[MANAGER], [LEAD]]
    assert manager["Subject"] == "Stepcare: Outcomes report of clinic C001, October 2026"
    assert lead["Subject"] == "Stepcare: Outcomes report of all clinics together, the week to 22 November 2026"
    shelf = settings.reports / "C001" / "2026-10" / "v1"
    body = manager.get_body()
    assert body is not None
    assert body.get_content().split() == (shelf / "e-mail.txt").read_text(encoding="utf-8").split()
    (attached,) = manager.iter_attachments()
    assert attached.get_filename() == "C001-2026-10-v1.pdf"
    assert attached.get_content() == (shelf / "report.pdf").read_bytes()
    assert manager["Message-ID"] != lead["Message-ID"]


def test_a_practitioner_s_own_report_goes_to_her_and_the_clinical_lead_alone(
    settings: Settings, mailbox: Mailbox
) -> None:
    own = f"practitioner_key = '{KEY}'"
    everybody = (SELF, CLINICAL_LEAD, MANAGER, LEAD, OTHER)
    by_mail(settings, mailbox, *(subscribed(email, "C001", own) for email in everybody), subscribed(SELF, "C001"))
    found = send(settings)
    assert [one.done for one in found] == ["sent", "sent", "", "", "", ""]
    assert {one.why for one in found[2:]} == {"this reader may not read these reports"}
    assert mailbox.recipients == [[SELF], [CLINICAL_LEAD]]
    assert "one practitioner of clinic C001" in str(mailbox.mails[0]["Subject"])


def test_a_report_goes_to_a_recipient_once_however_often_it_is_asked(settings: Settings, mailbox: Mailbox) -> None:
    by_mail(settings, mailbox, subscribed(MANAGER, "C001"), subscribed(MANAGER.upper(), "C001"))
    for _ in range(3):
        send(settings)
    assert len(mailbox.mails) == 1


@pytest.mark.ci
def test_a_new_period_and_a_correction_are_sent_and_an_old_period_is_not(settings: Settings, mailbox: Mailbox) -> None:
    by_mail(settings, mailbox, subscribed(MANAGER, "C001"))
    send(settings)
    file_reports(settings, NOW.date(), version=2)
    send(settings)
    file_reports(settings, date(2026, 12, 1))
    file_reports(settings, date(2027, 1, 1))
    send(settings)
    subjects = [str(mail["Subject"]).rpartition("C001, ")[2] for mail in mailbox.mails]
    assert subjects == ["October 2026", "October 2026, corrected (version 2)", "December 2026"]


def test_what_was_written_in_a_dry_run_is_sent_once_sending_is_on(settings: Settings, mailbox: Mailbox) -> None:
    configure(settings, subscribed(MANAGER, "C001"))
    send(settings)
    by_mail(settings, mailbox, subscribed(MANAGER, "C001"))
    assert [one.done for one in send(settings)] == ["sent"]
    configure(settings, subscribed(MANAGER, "C001"))
    assert [one.done for one in send(settings)] == [""]
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("email", "clinic", "why"),
    [
        (MANAGER, "C002", "may not read"),
        (MANAGER, "network", "may not read"),
        ("stranger@clinic.example", "C001", "no [[reader]]"),
        (OTHER, "C002", "not among allowed_domains"),
    ],
)
def test_who_may_not_read_a_report_gets_none(
    email: str, clinic: str, why: str, settings: Settings, mailbox: Mailbox
) -> None:
    by_mail(settings, mailbox, subscribed(email, clinic), subscribed(LEAD, clinic))
    refused, sent = send(settings)
    assert why in refused.why
    assert refused.is_trouble
    assert sent.done == "sent"
    assert mailbox.recipients == [[LEAD]]


def test_a_right_that_is_taken_away_holds_at_the_next_sending(settings: Settings, mailbox: Mailbox) -> None:
    by_mail(settings, mailbox, subscribed(MANAGER, "C001"))
    send(settings)
    path = settings.home / "stepcare.toml"
    path.write_text(path.read_text().replace("['C001']", "['C002']"))
    file_reports(settings, date(2026, 12, 1))
    assert [one.is_trouble for one in send(settings)] == [True]
    assert len(mailbox.mails) == 1


def test_a_subscription_on_signals_alone_waits_for_a_problem(settings: Settings, mailbox: Mailbox) -> None:
    by_mail(settings, mailbox, subscribed(LEAD, "network", "only_on_signal = true"))
    (settings.reports / "network" / "2026-10").rename(settings.home / "aside")
    quiet = settings.home / "aside" / "v1" / "report.json"
    text = quiet.read_text(encoding="utf-8")
    assert '"is_problem": true' in text
    assert [one.done for one in send(settings)] == [""]
    (settings.home / "aside").rename(settings.reports / "network" / "2026-10")
    loud = settings.reports / "network" / "2026-10" / "v1"
    (loud / "report.json").write_text(text.replace('"is_problem": true', '"is_problem": false'), encoding="utf-8")
    assert "not what was written" in send(settings)[0].why
    (loud / "manifest.json").unlink()
    from pipelines.reporting.editions import seal

    seal(settings.reports)
    assert [one.why for one in send(settings)] == ["nothing in it asks for action"]
    (loud / "report.json").write_text(text, encoding="utf-8")
    seal(settings.reports)
    assert [one.done for one in send(settings)] == ["sent"]


@pytest.mark.parametrize("pause", ["is_paused = true", "paused_until = '2026-11-24'"])
def test_a_paused_subscription_gets_nothing_and_what_is_newest_afterwards(
    pause: str, settings: Settings, mailbox: Mailbox
) -> None:
    by_mail(settings, mailbox, subscribed(MANAGER, "C001", pause))
    assert [one.why for one in send(settings)] == ["it is paused"]
    by_mail(settings, mailbox, subscribed(MANAGER, "C001", "paused_until = '2026-11-24'"))
    assert [one.done for one in send(settings, NOW + timedelta(days=1))] == ["sent"]


def test_a_server_that_refuses_one_recipient_does_not_keep_the_others_waiting(settings: Settings) -> None:
    with mail_server(Mailbox(refused=frozenset({MANAGER})), auth_require_tls=False) as box:
        by_mail(settings, box, subscribed(MANAGER, "C001"), subscribed(LEAD, "C001"))
        refused, sent = send(settings)
        assert refused.is_trouble
        assert sent.done == "sent"
        box.refused = frozenset()
        assert [one.done for one in send(settings)] == ["sent", ""]
        assert box.recipients == [[LEAD], [MANAGER]]


def test_a_server_that_is_away_loses_nothing(settings: Settings, mailbox: Mailbox) -> None:
    by_mail(settings, Mailbox(port=1), subscribed(MANAGER, "C001"))
    assert [one.is_trouble for one in send(settings)] == [True]
    by_mail(settings, mailbox, subscribed(MANAGER, "C001"))
    assert [one.done for one in send(settings)] == ["sent"]


def test_a_kill_between_sending_and_noting_sends_again_under_the_same_message_id(
    settings: Settings, mailbox: Mailbox
) -> None:
    by_mail(settings, mailbox, subscribed(MANAGER, "C001"))
    send(settings)
    (settings.home / "outbox.sqlite").unlink()
    send(settings)
    first, second = (mail["Message-ID"] for mail in mailbox.mails)
    assert first == second


def test_a_report_that_is_not_what_was_written_is_not_sent(settings: Settings, mailbox: Mailbox) -> None:
    by_mail(settings, mailbox, subscribed(MANAGER, "C001"))
    (settings.reports / "C001" / "2026-10" / "v1" / "report.pdf").write_bytes(b"%PDF-1.7 another")
    (only,) = send(settings)
    assert only.is_trouble
    assert mailbox.mails == []


def test_a_clinic_without_a_report_is_said_to_have_none(settings: Settings) -> None:
    configure(settings, subscribed(LEAD, "C404"))
    assert [one.why for one in send(settings)] == ["no report of a month is filed for C404"]


@pytest.mark.parametrize(
    ("text", "delivery", "said"),
    [
        (subscribed(LEAD, "C001", "every = 'day'"), {}, "'week' or 'month'"),
        (subscribed(LEAD, "C001", "paused_until = 'soon'"), {}, "must be a date"),
        (subscribed(LEAD, "C001", "colour = 'red'"), {}, "no setting colour"),
        ("", {"sends": True}, "needs smtp_host"),
        ("", {"allowed_domains": ["@clinic.example"]}, "allowed_domains"),
        ("", {"sender": "nobody"}, "sender"),
        ("", {"name": "x" * 61}, "name"),
        ("subscription = 3", {}, "written"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_nothing_is_sent(
    text: str, delivery: dict[str, object], said: str, settings: Settings
) -> None:
    if text.startswith("subscription"):
        (settings.home / "stepcare.toml").write_text(text)
    else:
        configure(settings, text, **delivery)
    with pytest.raises(UsageError, match=said):
        send(settings)


def test_a_reader_that_stands_twice_is_refused(settings: Settings) -> None:
    configure(settings, f"[[reader]]\nemail = '{LEAD}'\nclinics = []\n" + subscribed(LEAD, "C001"))
    with pytest.raises(UsageError, match="stands twice"):
        send(settings)


def test_an_outbox_that_is_spoilt_is_named(settings: Settings) -> None:
    configure(settings, subscribed(LEAD, "C001"))
    (settings.home / "outbox.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(InstallationError, match=r"outbox\.sqlite"):
        send(settings)


def test_what_fails_while_it_is_delivered_is_not_noted(settings: Settings) -> None:
    key = Key("C001", "2026-10", 1, LEAD)
    with open_outbox(settings.home) as outbox:
        with pytest.raises(ZeroDivisionError), outbox.delivering(key, "sent", NOW) as is_due:
            _ = 1 // (not is_due)
        with outbox.delivering(key, "sent", NOW) as is_due:
            assert is_due
    assert file_of(key).endswith(".eml")


def test_the_command_says_what_became_of_each_and_ends_with_11_when_one_was_not_delivered(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPCARE_HOME", str(settings.home))
    configure(settings, "\n".join([subscribed(LEAD, "C001"), subscribed(MANAGER, "C002")]))
    done = CliRunner().invoke(main, ["deliver", "--dry-run"])
    assert f"{LEAD}  C001  written into" in done.output
    assert f"{MANAGER}  C002  this reader may not read these reports" in done.output
    assert done.exit_code == 11
    configure(settings, "")
    assert "Nobody has subscribed" in CliRunner().invoke(main, ["deliver"]).output


def test_the_daily_job_delivers_and_fails_when_something_was_not_delivered(settings: Settings) -> None:
    night = NightBuild(home=str(settings.home), inbox=str(settings.inbox), timezone=settings.timezone)
    schedule = build_delivery_schedule(settings)

    def skipped() -> str:
        return str(schedule.evaluate_tick(dg.build_schedule_context()).skip_message)

    assert skipped() == "nobody has subscribed to a report"
    configure(settings, subscribed(LEAD, "C001"))
    assert skipped() == "None"
    with dg.instance_for_test() as instance:
        done = delivery.execute_in_process(instance=instance, resources={"night": night})
        assert done.success
        configure(settings, subscribed(MANAGER, "C002"))
        failed = delivery.execute_in_process(instance=instance, resources={"night": night}, raise_on_error=False)
    assert not failed.success
    said = str([event.event_specific_data for event in (*failed.all_events, *done.all_events)])
    assert "1 of 1 reports were not delivered" in said
    assert MANAGER not in said
    (settings.home / "stepcare.toml").write_text("subscription = 3")
    assert skipped().startswith("skipped because a setting cannot be used")
