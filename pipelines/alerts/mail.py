"""Send one e-mail by SMTP. STARTTLS with a certificate that is verified is required, but for a server on this machine."""

import os
import smtplib
import ssl
import stat
from email.message import EmailMessage
from pathlib import Path

from pipelines.alerts.settings import AlertSettings, is_this_machine
from pipelines.errors import NotTold, UsageError

_SECONDS_TO_WAIT = 30
_LONGEST_PASSWORD_FILE = 10_000


def send_mail(settings: AlertSettings, home: Path, mail: EmailMessage) -> str:
    """Hand the mail to the server for every recipient; returns what went wrong with some of them, in words, else nothing.

    Raises NotTold when the server cannot be reached, offers no STARTTLS, or refuses; UsageError for a password file that is not
    its owner's alone. What the server says is not repeated but for its code: it may quote the password or the message.
    """
    login = read_login(home / settings.password_file) if settings.password_file else None
    place = f"the mail server {settings.smtp_host}:{settings.smtp_port}"
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_SECONDS_TO_WAIT) as server:
            if not is_this_machine(settings.smtp_host):
                server.starttls(context=ssl.create_default_context())
            if login:
                server.login(*login)
            refused = server.send_message(mail)
    except smtplib.SMTPNotSupportedError:
        raise NotTold(f"{place} offers no STARTTLS or no login; nothing was sent to it in the clear") from None
    except smtplib.SMTPResponseException as error:
        raise NotTold(f"{place} refused with code {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotTold(f"{place} could not be used ({type(error).__name__})") from None
    return f"{place} refused {len(refused)} of {len(settings.to)} recipients" if refused else ""


def read_login(path: Path) -> tuple[str, str]:
    """User and password: the two lines of the file. Raises UsageError when others may read it, or it holds something else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"[alerts] password_file {path} cannot be read ({error.strerror})") from None
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077 or state.st_uid not in (os.geteuid(), 0):
            raise UsageError(f"[alerts] password_file {path} must be its owner's alone: chmod 600 {path}")
        lines = file.read(_LONGEST_PASSWORD_FILE).decode("utf-8", "replace").splitlines()
    if len(lines) != 2 or not all(lines):
        raise UsageError(f"[alerts] password_file {path} must hold two lines: the user and the password")
    return lines[0], lines[1]
