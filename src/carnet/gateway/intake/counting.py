"""How much came in and what became of it, by day: numbers and paths of fields, never a value or whose it was."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from carnet.gateway.intake.sifting import Paths, Tally
    from carnet.stores.records_contract import Catalogue

FACT = "intake.counts."
FORBIDDEN, REFUSED, OVERLOADED, DROPPED = "forbidden", "refused", "overloaded", "dropped"
"""What became of reports and requests; after the first two, a colon and by which rule, or with which status."""
MEMORY_ONLY = f"{FORBIDDEN}:zdr"
"""Of organisations that want nothing written, not even that they sent something."""
MOST_TOGETHER = 1 << 10
"""Sets of paths of one day and flow that are counted as one."""


@dataclass(slots=True)
class Counts:
    """Counts of some days. Nothing is written until `flush`."""

    days: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    """Day -> flow -> what became of it (`kept`, `forbidden:RULE`, `dropped:PATH`, …) -> how often; see `all`."""
    _changed: set[str] = field(default_factory=set)
    _together: dict[tuple[str, str], dict[Paths, int]] = field(default_factory=dict)
    """(Day, flow) -> what was dropped together -> how often; not in `days` yet."""
    _settling: threading.Lock = field(default_factory=threading.Lock)
    _loaded: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What another process had counted: (flow, what became of it) -> how often."""

    def add(self, day: str, flow: str, what: str, number: int = 1) -> None:
        self._of(day, flow)[what] += number
        if what != MEMORY_ONLY:
            self._changed.add(day)

    def add_dropped(self, day: str, flow: str, dropped: Tally) -> None:
        """Call this and `add` in one thread."""
        counts = self._of(day, flow)
        for path, number in dropped.alone.items():
            counts[f"{DROPPED}:{path}"] += number
        together = self._together.get((day, flow))
        if together is None:
            together = self._together[day, flow] = {}
        for paths, number in dropped.together.items():
            together[paths] = together.get(paths, 0) + number
        if len(together) > MOST_TOGETHER:
            with self._settling:
                _expand(self._together.pop((day, flow)), counts)
        if dropped:
            self._changed.add(day)

    def _of(self, day: str, flow: str) -> Counter[str]:
        flows = self.days.get(day)
        if flows is None:
            flows = self.days[day] = {}
        found = flows.get(flow)
        if found is None:
            found = flows[flow] = Counter()
        return found

    def all(self) -> dict[str, dict[str, Counter[str]]]:
        """The counts of all days, as they are now. Any thread may ask."""
        with self._settling:
            found = {day: {flow: Counter(dict(counts)) for flow, counts in list(flows.items())}
                     for day, flows in list(self.days.items())}  # fmt: skip
            for (day, flow), together in list(self._together.items()):
                _expand(dict(together), found.setdefault(day, {}).setdefault(flow, Counter()))
        return found

    def load(self, catalogue: Catalogue, day: str) -> None:
        """Go on counting a day where another process ended."""
        for flow, counts in read_day(catalogue, day).items():
            for what, number in counts.items():
                self.days.setdefault(day, {}).setdefault(flow, Counter())[what] += number
                self._loaded[flow, what] += number

    def since_start(self) -> dict[tuple[str, str], int]:
        """What this process has counted: (flow, what became of it) -> how often. Any thread may ask."""
        sums: Counter[tuple[str, str]] = Counter()
        for day in self.all().values():
            for flow, counts in day.items():
                for what, number in counts.items():
                    sums[flow, what] += number
        return {name: number - self._loaded[name] for name, number in sums.items() if name[1] != MEMORY_ONLY}

    def flush(self, catalogue: Catalogue) -> None:
        """Write days that changed. What is added meanwhile is written next time."""
        changed = sorted(self._changed)
        self._changed.difference_update(changed)
        try:
            self._write(changed, catalogue)
        except BaseException:
            self._changed.update(changed)
            raise

    def _write(self, days: Iterable[str], catalogue: Catalogue) -> None:
        found = self.all()
        for day in days:
            written = {flow: _written(counts) for flow, counts in found[day].items()}
            catalogue.set_fact(FACT + day, msgspec.json.encode(written, order="sorted").decode())


def read_day(catalogue: Catalogue, day: str) -> dict[str, dict[str, int]]:
    """Counts of a day as they were written last."""
    text = catalogue.fact(FACT + day)
    if not text:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, dict[str, int]])
    except msgspec.DecodeError as error:
        raise CarnetError(f"the counts of {day} in the catalogue are damaged: {error}") from error


def _expand(together: Mapping[Paths, int], counts: Counter[str]) -> None:
    for one, number in together.items():
        for path, times in one.paths.items():
            counts[f"{DROPPED}:{path}"] += times * number


def _written(counts: Mapping[str, int]) -> dict[str, int]:
    return {what: number for what, number in counts.items() if what != MEMORY_ONLY}
