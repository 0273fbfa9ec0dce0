"""Contexts as JSON lines in, verdicts as JSON lines out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.policy.answers import verdict_answer
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import classify, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from carnet.model.verdict import Verdict
    from carnet.policy.rulebook import Rulebook

REMEMBERED = 100_000
"""Answers kept, by line and by what matters in it; more distinct contexts than that are answered all the same."""


class Answerer:
    """Answers lines, remembering what it said: fleets repeat few contexts, and of those fewer facts matter."""

    def __init__(self, rulebook: Rulebook, day: date) -> None:
        self.rulebook = rulebook
        self.day = day
        self.faults = 0
        """Lines that were no context."""
        self._by_line: dict[bytes, bytes] = {}
        self._by_classes: dict[tuple[object, ...], bytes] = {}
        self._by_verdict: dict[int, tuple[Verdict, bytes]] = {}

    def answers(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """One answer a line, in order; a blank line has none. A bad line gives an error and the rest go on."""
        for number, line in enumerate(lines, 1):
            known = self._by_line.get(line)
            if known is None and line.strip():
                known = self._learn(line, number)
            if known is not None:
                yield known

    def _learn(self, line: bytes, number: int) -> bytes:
        try:
            answer = self._answer(line)
        except (CarnetError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.faults += 1
            why = str(error) or "nested too deeply"
            return msgspec.json.encode({"error": f"line {number}: {why}", "line": number}) + b"\n"
        if len(self._by_line) < REMEMBERED:
            self._by_line[line] = answer
        return answer

    def _answer(self, line: bytes) -> bytes:
        context = read_context(msgspec.json.decode(line), self.rulebook, self.day)
        tables = compile_tables(self.rulebook, context.day)
        shared = classify(tables, context.facts)
        key = (tables.day, *shared)
        known = self._by_classes.get(key)
        if known is None:
            known = b'{"flows":[' + b",".join(self._encoded(one) for one in resolved(tables, shared)) + b"]}\n"
            if len(self._by_classes) < REMEMBERED:
                self._by_classes[key] = known
        return known

    def _encoded(self, verdict: Verdict) -> bytes:
        """A verdict's JSON; the verdict is kept beside it, so that its identity stays its own."""
        kept = self._by_verdict.get(id(verdict))
        if kept is None:
            kept = (verdict, msgspec.json.encode(verdict_answer(verdict)))
            if len(self._by_verdict) < REMEMBERED:
                self._by_verdict[id(verdict)] = kept
        return kept[1]
