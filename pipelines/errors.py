"""Every error that Stepcare raises for a person to read, and the exit code that each one ends a command with.

An error says what was found, what was expected, where, and what to do. It never carries a patient's value.
"""


class StepcareError(Exception):
    """An error with a message for a person and a stable exit code (documented in docs/operators.md)."""

    exit_code = 1


class UsageError(StepcareError):
    """The command was called with something it cannot work with."""

    exit_code = 2


class NothingToDo(StepcareError):
    """There is no delivery to work on and nothing has been published yet."""

    exit_code = 3


class DeliveryError(StepcareError):
    """A delivery cannot be read as the contract says; the other deliveries go on."""

    exit_code = 4


class UnreadableNow(DeliveryError):
    """The machine could not read a delivered file: nothing is wrong with the file, and the next night tries again."""


class ChecksFailed(StepcareError):
    """A blocking check failed, so the night was not published; the last good results stay."""

    exit_code = 5


class NightFailed(StepcareError):
    """A step of the night failed for a reason of our own or of the machine; the last good results stay."""

    exit_code = 6


class AlreadyRunning(StepcareError):
    """Another night holds the lock of this installation."""

    exit_code = 7


class NotPublished(StepcareError):
    """No results have been published yet."""

    exit_code = 8


class InstallationError(StepcareError):
    """Something of this installation is missing or unusable."""

    exit_code = 9


class StoreUnusable(InstallationError):
    """The engine's store could not be reached or refused something; the engine tries the task that met it again."""


class BackupError(StepcareError):
    """A backup could not be made, or will not be restored; what is published stays as it is."""

    exit_code = 10


class NotTold(StepcareError):
    """An alert reached nobody: no channel is configured, or none could be used."""

    exit_code = 11
