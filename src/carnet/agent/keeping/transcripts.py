"""Transcripts of a program's sessions: JSON lines for their owner alone, kept as long as the settings say.

Whether any is written is a rule's decision like everything else (the flow `local-transcripts`).
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

from carnet.agent.keeping import lines
from carnet.agent.keeping.lines import Lines
from carnet.agent.keeping.sealing import LineSeal, is_sealed
from carnet.agent.keeping.sweeping import due, period, sweep
from carnet.agent.reporting.live import Live
from carnet.agent.reporting.nouns import Where
from carnet.agent.reporting.spool import key_of
from carnet.agent.transcripts_places import read_places
from carnet.errors import CarnetError, DamagedError, NotFoundError
from carnet.packs import named

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from carnet.agent.keeping.lines import Sync
    from carnet.agent.reporting.nouns import Agent
    from carnet.agent.transcripts_purge import Purged

AtRest = Literal["plain", "sealed"]
FLOW, PLACE = "local-transcripts", "transcripts"
_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """What a transcript holds."""

    entries: tuple[object, ...]
    damaged: tuple[int, ...] = ()
    """Lines, counted from 1, that are no JSON or whose seal does not vouch for them; the others are whole."""
    torn: bool = False
    """Whether it ends in the middle of a line: somebody writes, or was killed."""


class Transcript:
    """One session's transcript, open for writing. Close it, or use it in a `with`."""

    def __init__(self, file: Lines | None, seal: LineSeal | None) -> None:
        self._file, self._seal = file, seal

    @property
    def torn(self) -> Path | None:
        """Where the end of a line was set aside that an earlier writer did not finish; None where there was none."""
        return self._file.torn if self._file is not None else None

    @property
    def path(self) -> Path | None:
        """Its file; None where a rule lets none be written."""
        return self._file.path if self._file is not None else None

    def append(self, entry: Mapping[str, object]) -> bool:
        """Add an entry; False where a rule lets none be written.

        Raises CarnetError for what JSON cannot say, StoreError where the disk is full: then nothing of it was written.
        """
        if self._file is None:
            return False
        try:
            plain = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError) as error:  # its text may hold what was to be written
            raise CarnetError(f"the entry holds what JSON cannot say ({type(error).__name__})") from None
        seal = self._seal
        self._file.append((lambda number: seal.close(number, plain)) if seal is not None else lambda _: plain)
        return True

    def close(self) -> None:
        """Have everything on the disk."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Transcripts:
    """All transcripts of one program on this machine, below the agent's folder.

    The first one that is opened has a sweep run beside it, at most once a day for all processes together.
    """

    def __init__(
        self,
        agent: Agent,
        where: Where | None = None,
        at_rest: AtRest = "plain",
        sync: Sync = "second",
    ) -> None:
        where = where or Where()
        self._agent, self._where, self._at_rest, self._sync = agent, where, at_rest, sync
        self._live = Live(agent, where)
        # how long everything is kept is not a project's to say: its settings came with somebody's repository
        self._owner = Live(agent, replace(where, project=self._live.home))
        self._places = read_places(named(agent.pack).folder)
        state = self._live.home / ".local" / "state" / "carnet"
        # without a folder of its own a program does not write into that of the pack's agent
        self.folder = self._live.folder if agent.naming.folder else state / "agents" / agent.name
        self._state = where.spool or state / "transcripts" / agent.name
        self._sweeping: threading.Thread | None = None
        self.swept: Purged | str | None = None
        """What the sweep took away, or why it did not; None before it has run, and where another process did."""

    def open(self, session: str) -> Transcript:
        """A session's transcript, new or resumed.

        Raises CarnetError for a name that is none, StoreError where its file cannot be written.
        """
        path = self._path(session)
        self._have_swept()
        if not self._written():
            return Transcript(None, None)
        file = Lines(path, self._sync)
        try:
            return Transcript(file, self._seal(session) if self._at_rest == "sealed" else None)
        except CarnetError:
            file.close()
            raise

    def read(self, session: str) -> Told:
        """What a session's transcript holds, for resuming it. Raises NotFoundError where there is none."""
        path = self._path(session)
        if not path.exists():
            raise NotFoundError(f"{path}: no such transcript")
        raw, torn = lines.read(path)
        entries: list[object] = []
        damaged = []
        for number, line in enumerate(raw):
            try:
                plain = self._seal(session).open(number, line) if is_sealed(line) else line
                entries.append(json.loads(plain))
            except (ValueError, RecursionError, DamagedError):
                damaged.append(number + 1)
        return Told(tuple(entries), tuple(damaged), bool(torn))

    def sessions(self) -> list[str]:
        """Names of the sessions of this project, the one written last first."""
        found = [(path.stat().st_mtime, path.stem) for path in self._path("x").parent.glob(f"*{lines.SUFFIX}")]
        return [name for _, name in sorted(found, reverse=True) if _SESSION.fullmatch(name)]

    def sweep(self) -> Purged:
        """Take away what is older than the settings let it be.

        Raises PeriodError where they do not tell for certain: nothing is then taken away.
        """
        machine = self._owner.look().machine
        if machine is None:
            raise CarnetError(f"the settings could not be read: {self._owner.look().why}")
        return sweep(self.folder, self._places, period(machine, self._places), time.time())

    def why(self) -> str:
        """Why transcripts are written or not: the verdict and the rule that decides it."""
        now = self._live.look()
        verdict = now.verdicts.get(FLOW)
        return f"{verdict.verdict}: {verdict.means}" if verdict is not None else now.why

    def wait(self) -> None:
        """Until a sweep that was begun is over; the end of the program waits for it, too."""
        if self._sweeping is not None:
            self._sweeping.join()

    def _written(self) -> bool:
        verdict = self._live.look().verdicts.get(FLOW)
        return verdict is not None and verdict.verdict in {"local-only", "on"}

    def _path(self, session: str) -> Path:
        if not _SESSION.fullmatch(session):
            raise CarnetError(f"session {session!r}: a name is made of letters, digits, - and _, at most 128 of them")
        pattern = self._places.named(PLACE).path
        return self.folder / pattern.replace("*", _slug(self._live.project), 1).replace("*", session, 1)

    def _seal(self, session: str) -> LineSeal:
        try:
            return LineSeal(key_of(self._state), session)
        except (OSError, ValueError) as error:
            raise CarnetError(f"{self._state}: the key of the transcripts cannot be used: {error}") from error

    def _have_swept(self) -> None:
        if self._sweeping is None:
            self._sweeping = threading.Thread(target=self._sweep_if_due, name="carnet-sweep")
            self._sweeping.start()

    def _sweep_if_due(self) -> None:
        try:
            with due(self._state, time.time()) as now:
                if now:
                    self.swept = self.sweep()
        except CarnetError as error:
            self.swept = str(error)
        except Exception as error:  # noqa: BLE001 - a sweep that fails is told, and breaks no session
            self.swept = f"the sweep failed: {type(error).__name__}"


def _slug(project: Path) -> str:
    """A project's folder as the name of one folder."""
    return re.sub(r"[^A-Za-z0-9-]", "-", str(project))
