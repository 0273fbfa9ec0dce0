"""The few exceptions a caller branches on; what they say is what the user reads."""

from __future__ import annotations


def place_of(error: BaseException) -> str:
    """Where in the code an error was raised: a module and a line. What its text quotes may be somebody's."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "nowhere"


class CarnetError(Exception):
    """Raised when a request cannot be carried out; the text says what happened and what to do."""

    exit_code = 2
    """Process exit status the command line ends with (design: 2 usage, 3 could not tell)."""


class FieldError(CarnetError):
    """Raised when one value of several cannot be taken: `field` names it, `told` says why."""

    def __init__(self, field: str, told: str, given: str = "") -> None:
        """`given` stands beside the name where a command line says it: an option's value."""
        super().__init__(f"--{field}{given and ' '}{given}: {told}")
        self.field = field
        """As an option is written; in JSON with `_` for `-`."""
        self.told = told


class ArgumentError(FieldError):
    """Raised when the value cannot be taken that a command line gives without an option."""

    def __str__(self) -> str:
        return self.told


class NotFoundError(CarnetError):
    """Raised when a name, version or instant the user gave does not exist."""


class AlreadyThereError(CarnetError):
    """Raised when what is to be added has a name that something else has."""


class GoneError(CarnetError):
    """Raised when a record is not there any more, or never was; the text says which and why."""

    exit_code = 1


class DamagedError(CarnetError):
    """Raised when a record cannot be vouched for: its row, its bytes or its key are not what was written."""

    exit_code = 3


class UnreadError(CarnetError):
    """Raised when what was answered, or done, is not all there is: some of the store cannot be read."""

    exit_code = 3


class ClockError(CarnetError):
    """Raised when the clock stands before an instant that has been: nothing can be dated."""

    exit_code = 3


class AmbiguousError(CarnetError):
    """Raised when a short name stands for more than one document; `candidates` are their full names."""

    def __init__(self, message: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


class BusyError(CarnetError):
    """Raised when a role (watch, web, ...) already runs on this embedded store."""


class StoreError(CarnetError):
    """Raised when a store file is foreign, damaged, of a newer schema, or the disk is full."""

    exit_code = 3


class LostError(StoreError):
    """Raised when one file of the store is damaged or missing: whatever lies in others goes on."""


class FetchError(CarnetError):
    """Raised when a document could not be fetched; `reason` is a stable id for the capture's outcome."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
