"""The webhook, over the wire to a web server of our own."""

from datetime import timedelta

import pytest

from pipelines.alerts.telling import look_and_tell, send_test
from pipelines.errors import NotTold
from pipelines.settings import Settings
from tests.alerts.conftest import BLOCKED, NOW, Hook, Mailbox, by_mail, configure, deliver, failed_night, night


def _by_hook(hook: Hook) -> str:
    return f'[alerts]\nname = "North"\nwebhook = "{hook.url}"\n'


def test_the_webhook_gets_each_cause_as_json_once_and_when_it_is_over(settings: Settings, hook: Hook) -> None:
    configure(settings, _by_hook(hook))
    night(settings)
    deliver(settings, **BLOCKED)
    for _ in range(2):
        look_and_tell(settings, NOW)
    ((path, headers, said),) = hook.requests
    assert path == "/secret-path"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert said["schema_version"] == "1.0"
    assert said["subject"] == "[North] C003: delivery 2026-11-01 blocked"
    assert said["text"].startswith(said["subject"])
    (alert,) = said["alerts"]
    assert (alert["key"], alert["news"], alert["severity"]) == ("delivery/C003/2026-11-01", "new", "amber")
    assert alert["remedy"]
    deliver(settings, fingerprint="mended")
    look_and_tell(settings, NOW + timedelta(hours=1))
    (alert,) = hook.requests[1][2]["alerts"]
    assert (alert["news"], alert["over_at"]) == ("over", "2026-11-23T09:00:00+00:00")


@pytest.mark.parametrize("answer", [302, 307, 308])
def test_a_redirect_is_not_followed(settings: Settings, hook: Hook, answer: int) -> None:
    hook.answer, hook.moved_to = answer, hook.url.replace("secret-path", "elsewhere")
    configure(settings, _by_hook(hook))
    with pytest.raises(NotTold, match=f"answered with status {answer}"):
        send_test(settings, NOW)
    assert [path for path, *_ in hook.requests] == ["/secret-path"]


def test_a_webhook_that_fails_keeps_nothing_from_the_mail_and_is_tried_again(
    settings: Settings, hook: Hook, mailbox: Mailbox
) -> None:
    hook.answer = 500
    configure(settings, by_mail(mailbox, f'webhook = "{hook.url}"'))
    failed_night(settings)
    told = look_and_tell(settings, NOW)
    assert told.sent == {"e-mail": 2, "webhook": 0}
    assert told.problems == ("the webhook at 127.0.0.1 answered with status 500; it is tried again",)
    assert "secret-path" not in str(told.problems)
    hook.answer = 204
    assert look_and_tell(settings, NOW).sent == {"e-mail": 0, "webhook": 2}
    assert len(mailbox.raw) == 1
    assert len(hook.requests) == 2
