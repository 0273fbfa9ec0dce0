"""All lists there are, read again when their files change. A new one that is broken leaves the old one in force."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.gateway.domains.lists import ListError, Wanted, read_list, read_wanted, stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from carnet.gateway.domains.lists import DomainList, Stamp
    from carnet.settings import Settings

_ROLES = {".allow": "allow", ".deny": "deny"}


@dataclass(frozen=True, slots=True)
class Shelved:
    """One list as it stands."""

    wanted: Wanted
    list: DomainList | None = None
    """What is in force; None where it was never read."""
    fault: str = ""
    """Why the newest file is not in force."""
    tried: Stamp | None = None
    """The file that the fault is about."""


class Shelf:
    """The lists of some settings. `refresh` may be called by any thread; `lists` is never half of anything."""

    def __init__(
        self, wanted: Sequence[Wanted], folder: Path | None, now: Callable[[], datetime], said: Callable[[str], None]
    ) -> None:
        """`folder` holds NAME.allow and NAME.deny of organisations; `said` is told of every change."""
        self._wanted, self._folder = tuple(wanted), folder
        self._now, self._said = now, said
        self._lock = threading.Lock()
        self.shelved: tuple[Shelved, ...] | None = None
        """None before the first look."""

    @classmethod
    def of(cls, settings: Settings, now: Callable[[], datetime], said: Callable[[str], None]) -> Shelf:
        below = settings.on("intake.domains.hosts-below")
        wanted = (
            *read_wanted(settings["intake.domains.deny"], "deny"),
            *read_wanted(settings["intake.domains.allow"], "allow"),
            *read_wanted(settings["intake.domains.lists"], "block", below=below),
        )
        folder = settings["intake.domains.organisations"]
        return cls(wanted, Path(folder).expanduser() if folder else None, now, said)

    def lists(self) -> tuple[DomainList, ...]:
        """Those in force. Raises ListError while one of them could never be read: nothing can be told without it."""
        shelved = self.shelved
        if shelved is None:
            shelved = self.refresh()
        for one in shelved:
            if one.list is None:
                raise ListError(one.fault)
        return tuple(one.list for one in shelved if one.list is not None)

    def refresh(self) -> tuple[Shelved, ...]:
        """Look at every file, and read those that changed."""
        with self._lock:
            before = {one.wanted: one for one in self.shelved or ()}
            self.shelved = tuple(self._looked_at(before.get(one, Shelved(one))) for one in self._all())
            return self.shelved

    def _all(self) -> list[Wanted]:
        return [*self._wanted, *(self._of_organisations() if self._folder is not None else ())]

    def _of_organisations(self) -> list[Wanted]:
        """The lists in the folder; a folder that is not there is a list that cannot be read."""
        assert self._folder is not None  # noqa: S101 - the caller looked
        try:
            names = sorted(self._folder.iterdir())
        except OSError:
            return [Wanted(self._folder, "deny", "domains")]
        return [Wanted(one, _ROLES[one.suffix], "domains", one.stem) for one in names if one.suffix in _ROLES]

    def _looked_at(self, old: Shelved) -> Shelved:
        try:
            stamp = stamp_of(old.wanted.path)
        except OSError as error:
            return self._kept(old, f"{old.wanted.path}: cannot be read: {error.strerror or error}", None)
        if (old.list is not None and old.list.stamp == stamp) or (old.fault and old.tried == stamp):
            return old if old.tried == stamp or not old.fault else replace(old, fault="", tried=None)
        try:
            new = read_list(old.wanted, self._now())
        except ListError as error:
            return self._kept(old, str(error), stamp)
        if old.list is not None or old.fault:
            self._said(f"{old.wanted.path}: {new.names.count:,} names, read again")
        return Shelved(old.wanted, new)

    def _kept(self, old: Shelved, fault: str, stamp: Stamp | None) -> Shelved:
        if fault != old.fault:
            self._said(
                f"{fault}; {'the list read before stays in force' if old.list else 'nothing is passed without it'}"
            )
        return replace(old, fault=fault, tried=stamp)
