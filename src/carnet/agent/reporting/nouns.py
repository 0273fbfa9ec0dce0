"""Who reports, to whom, and how much may wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from carnet.errors import CarnetError
from carnet.model.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

Rating = Literal[1, 2, 3, "dismiss"]
Scope = Literal["session", "24h", "7d"]
RATINGS: tuple[object, ...] = (1, 2, 3, "dismiss")
SCOPES = ("session", "24h", "7d")


@dataclass(frozen=True, slots=True)
class Naming:
    """What another agent calls the variables, settings keys and folders of a pack."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """The pack's name -> the agent's own; the pack's is then not read any more."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The same for settings keys."""
    folder: str = ""
    """Folder of settings below the home and the project, such as `.my-agent`; empty keeps the pack's."""
    managed: str = ""
    """Folder of managed settings; empty keeps the system's for the pack."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The program that reports, and whose rules it keeps."""

    name: str
    version: str = ""
    own: tuple[str, ...] = ()
    """Packages whose module and function names may stand in an error report; of all others nothing is said."""
    pack: str = "claude-code"
    naming: Naming = field(default_factory=Naming)
    facts: Mapping[str, object] = field(default_factory=dict)
    """What no machine shows: `tier`, `credential`, `client_version`, `org.zdr`, …"""
    as_of: date | None = None
    """Rules of this day; None means those of today."""
    survey_rate: float = 0.005
    """How often the survey is due where no settings file says."""

    def __post_init__(self) -> None:
        if not self.name or not all(c.isalnum() or c in "-_." for c in self.name) or self.name.startswith("."):
            raise CarnetError(f"agent {self.name!r}: a name is made of letters, digits, - and _, such as my-agent")
        if not 0 <= self.survey_rate <= 1:
            raise CarnetError(f"survey_rate {self.survey_rate}: is not between 0 and 1")


@dataclass(frozen=True, slots=True)
class Collector:
    """A Carnet that takes reports in."""

    address: str
    """Such as http://127.0.0.1:8417; beyond loopback only https."""
    key: str = field(repr=False)
    """A key of Carnet's with the scope `intake`."""
    whose: Literal["vendor", "organisation"] = "vendor"
    """`organisation` also takes what a rule lets go to the own collector alone."""

    def __post_init__(self) -> None:
        parts = _split(self.address)
        if not self.key or not self.key.isascii() or not self.key.isprintable() or " " in self.key:
            raise CarnetError("the collector's key is empty or no key; `carnet key create --scope intake` makes one")
        if parts[0] == "http" and not is_loopback(parts[1]):
            raise CarnetError(f"{self.address}: beyond this machine reports travel over https only")


def _split(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.query or parts.fragment:
        raise CarnetError("the collector's address is none; write it like https://carnet.example:8417")
    return parts.scheme, host


@dataclass(frozen=True, slots=True)
class Where:
    """Whose folders and environment count; what is left out is the process's own."""

    home: Path | None = None
    project: Path | None = None
    managed: Path | None = None
    """Folder that stands for the system's managed settings."""
    environ: Mapping[str, str] | None = None
    spool: Path | None = None
    """Folder of what waits to be sent; by default below the home."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what a reporter takes."""

    queue: int = 2048
    """Reports that wait in memory; more are dropped and counted."""
    batch: int = 512
    """Reports that are sent at once without waiting for `interval`."""
    interval: float = 5.0
    """Seconds that reports are gathered."""
    spool_bytes: int = 5_000_000
    """Bytes that wait on the disk; the oldest make room."""
    spool_days: int = 7
    """Days after which what waits is given up."""
    timeout: float = 10.0
    """Seconds for one request."""
    flush: float = 2.0
    """Seconds that the end of the program may be held up."""
    backoff: float = 1.0
    """Seconds to the second try; doubled each time."""
    most_backoff: float = 300.0
    recheck: float = 1.0
    """Seconds after which a changed settings file is noticed at the latest; the environment is at once."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request that is ready to go, and is the same bytes at every try."""

    flow: str
    path: str
    kind: str
    """Content type."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of something a person asked to send."""

    sent: bool
    receipt: str = ""
    why: str = ""
    """Why it was not sent, for the person."""


class SurveyRateError(CarnetError, ValueError):
    """Raised when a settings file gives a survey rate that is no number between 0 and 1; names file and line."""
