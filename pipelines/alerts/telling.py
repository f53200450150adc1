"""Look for causes, remember them, and tell each channel what it does not know yet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.alerts.cause import RED, Cause
from pipelines.alerts.causes import look_for_causes
from pipelines.alerts.mail import send_mail
from pipelines.alerts.memory import Memory, News, open_memory
from pipelines.alerts.messages import in_order, json_of, mail_of, subject_of, text_of
from pipelines.alerts.settings import AlertSettings, read_alert_settings
from pipelines.alerts.webhook import post
from pipelines.errors import NotTold, StepcareError
from pipelines.settings import Settings


@dataclass(frozen=True)
class Told:
    """What a look came to: the open causes, how many news went out by channel, and what could not be sent, in words."""

    causes: tuple[Cause, ...]
    sent: dict[str, int]
    problems: tuple[str, ...]

    @property
    def is_untold(self) -> bool:
        """Whether something reached nobody: a message could not be sent, or a red cause is open and no channel is set up."""
        return bool(self.problems) or (not self.sent and any(cause.severity == RED for cause in self.causes))


def look_and_tell(settings: Settings, now: datetime | None = None) -> Told:
    """Look, remember, and send what is news, each channel by itself: what one cannot send stays due for the next look.

    Raises UsageError for settings that cannot be used and InstallationError when the memory cannot be; a channel that
    fails is told of in the result.
    """
    now = now or datetime.now(UTC)
    alerts = read_alert_settings(settings.home)
    with open_memory(settings.home) as memory:
        memory.update(look_for_causes(settings, now, memory.watched_since(now)), alerts.channels, now)
        sent, problems = {}, []
        for channel in alerts.channels:
            sent[channel], problem = _tell(settings, alerts, memory, channel, now)
            problems += [problem] if problem else []
        return Told(tuple(memory.causes()), sent, tuple(problems))


def _tell(settings: Settings, alerts: AlertSettings, memory: Memory, channel: str, now: datetime) -> tuple[int, str]:
    """(number of news sent, what went wrong in words)."""
    problem = ""
    try:
        with memory.telling():
            news = in_order(memory.news(channel, now))
            if news:
                problem = _send(settings, alerts, channel, news, now)
                memory.note(channel, news, now)
    except StepcareError as error:
        return 0, f"{error}; it is tried again"
    return len(news), problem


def _send(settings: Settings, alerts: AlertSettings, channel: str, news: list[News], now: datetime) -> str:
    if channel == "webhook":
        post(alerts.webhook, json_of(alerts, news))
        return ""
    return send_mail(alerts, settings.home, mail_of(alerts, subject_of(alerts, news), text_of(news), now))


def send_test(settings: Settings, now: datetime | None = None) -> tuple[str, ...]:
    """Send a test message to every channel; returns their names. Raises NotTold naming the channel that failed."""
    now = now or datetime.now(UTC)
    alerts = read_alert_settings(settings.home)
    cause = Cause(
        "test",
        "amber",
        "a test",
        "Somebody asked for a test message.",
        now.isoformat(),
        "nothing",
        "stepcare alerts --help",
    )
    for channel in alerts.channels:
        if problem := _send(settings, alerts, channel, [News("new", cause, None)], now):
            raise NotTold(problem)
    return alerts.channels


def tell_after_night(settings: Settings, say: Callable[[str], None]) -> None:
    """Send what a night that has just ended left to tell, where a channel is configured. Never raises for a reason of its
    own: `say` gets what went wrong, and the next night or `stepcare watch` tries again."""
    try:
        if read_alert_settings(settings.home).channels:
            for problem in look_and_tell(settings).problems:
                say(f"an alert did not reach everybody: {problem}")
    except StepcareError as error:
        say(f"alerts could not be sent: {error}")
    except Exception as error:  # noqa: BLE001 (a night never ends otherwise because of its alerts)
        say(f"alerts could not be sent: {type(error).__name__}")


def require_told(told: Told) -> None:
    """Raises NotTold when something reached nobody."""
    if told.problems:
        raise NotTold(f"an alert did not reach everybody: {'; '.join(told.problems)}")
    if told.is_untold:
        raise NotTold("something is wrong and nobody is told: set up [alerts] in stepcare.toml (docs/operators.md)")
