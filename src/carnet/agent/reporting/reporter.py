"""The one thing a program holds: metrics, errors, ratings and feedback, each only where the rules let it go."""

from __future__ import annotations

import atexit
import os
import random
import time
import uuid
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.agent.reporting import crash, forms
from carnet.agent.reporting.forms import Happened, Point
from carnet.agent.reporting.live import FLOWS, Live
from carnet.agent.reporting.nouns import RATINGS, SCOPES, Agent, Collector, Limits, Reply, Where
from carnet.agent.reporting.outbox import Outbox
from carnet.agent.reporting.posting import post
from carnet.agent.reporting.scrubbing import attributes, exceptions, is_name, number
from carnet.agent.reporting.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from carnet.agent.reporting.nouns import Parcel, Rating, Scope

REASONS = {
    0: "the collector could not be reached",
    401: "the collector does not know the key",
    403: "the key may not report",
    413: "it is too large for the collector",
    429: "the collector is busy; try again later",
    503: "the collector is busy; try again later",
}


class Reporter:
    """Reports of one program. Raises CarnetError for what its programmer wrote wrong; its calls never raise.

    The one exception is `survey_due`, which names a survey rate that is none.
    """

    def __init__(
        self,
        collector: Collector,
        agent: Agent,
        where: Where | None = None,
        limits: Limits | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        where, self._limits = where or Where(), limits or Limits()
        self._collector, self._agent, self._chance = collector, agent, chance
        self._live = Live(agent, where, collector.whose, self._limits.recheck)
        self._folder = where.spool or _folder(self._live, agent.name)
        self._spool = Spool(self._folder, collector.address, self._limits.spool_bytes, self._limits.spool_days)
        self._outbox = Outbox(collector, agent, self._live, self._spool, self._limits)
        self._trace = crash.Trace(self._folder)
        self._unhook = crash.hook(self)
        _REPORTERS.add(self)
        self._begin()

    def metric(
        self,
        name: str,
        value: float = 1,
        attributes: Mapping[str, object] | None = None,
        kind: str = "sum",
    ) -> bool:
        """Count something (`sum`), or tell a measurement (`gauge`). Whether it is on its way.

        Attributes are numbers, switches and single words; other text is left out, since it could be code or a path.
        """
        try:
            return self._live.allows("metrics") and self._metric(name, value, attributes, kind)
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return False

    def event(self, name: str, attributes: Mapping[str, object] | None = None) -> bool:
        """Tell that something took place. Belongs to the metrics, and goes when they do."""
        try:
            return self._live.allows("metrics") and self._event(name, attributes)
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return False

    def error(self, error: BaseException, level: str = "error") -> bool:
        """Report an exception: its type and the names of own frames. Its message, files and values stay here."""
        try:
            return self._live.allows("errors") and self._outbox.put(self._error(error, level))
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return False

    def survey_due(self) -> bool:
        """Whether to ask the person now. Raises SurveyRateError for a rate in a settings file that is none."""
        rate = self._live.survey_rate()
        try:
            return self._live.allows("survey") and self._chance() < rate
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return False

    def survey(self, rating: Rating) -> bool:
        """Report a rating: 1, 2, 3 or `dismiss`, and nothing else."""
        try:
            known = not isinstance(rating, bool) and rating in RATINGS
            return known and self._live.allows("survey") and self._outbox.put(forms.rating(rating))
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return False

    def feedback(self, description: str, transcript: Sequence[object], scope: Scope = "session") -> Reply:
        """Send feedback that a person has just asked to send, and wait for its receipt. It is never kept for later."""
        if scope not in SCOPES:
            return Reply(sent=False, why=f"the scope is one of {', '.join(SCOPES)}")
        return self._at_once("feedback", lambda: forms.feedback(description, transcript, scope))

    def share_transcript(self, transcript: Sequence[object], consent: str) -> Reply:
        """Share a transcript after the survey. Only `yes` is a yes."""
        if consent != "yes":
            return Reply(sent=False, why="the person did not say yes")
        return self._at_once("transcript-share", lambda: forms.share(transcript))

    def why(self, flow: str) -> str:
        """Why a flow is sent or not, in words: its verdict and the rule that decides it."""
        now = self._live.look()
        verdict = now.verdicts.get(flow)
        if verdict is None:
            return now.why or f"the pack knows no flow {flow}"
        missing = f"; not known: {', '.join(verdict.missing)}" if verdict.missing else ""
        return f"{verdict.verdict}: {verdict.means}{missing}" if verdict.means else f"{verdict.verdict}{missing}"

    @property
    def dropped(self) -> int:
        """Reports that found no room or no taker."""
        return self._outbox.dropped

    @property
    def discarded(self) -> int:
        """Reports that an opt-out came before."""
        return self._outbox.discarded

    def flush(self, seconds: float = 2.0) -> bool:
        """Wait until what was reported is sent or spooled, but no longer than that. Whether it is."""
        return self._outbox.flush(seconds)

    def close(self) -> None:
        """Send or spool what waits, and leave the program as it was. Also done when the program ends."""
        _REPORTERS.discard(self)
        self._unhook()
        try:
            self._outbox.close()
            self._trace.close()
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return

    def crashed(self, error: BaseException) -> None:
        """Seal a last report, for the next start."""
        try:
            if "errors" in self._live.look().on:
                self._spool.add(self._error(error, "fatal"), time.time_ns())
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return

    def after_fork(self) -> None:
        """In the child: what the parent holds is the parent's to send."""
        self._live.after_fork()
        self._outbox.after_fork()
        self._trace.after_fork()

    def _begin(self) -> None:
        """Look at what an earlier run left: throw away what may not go, send what may."""
        try:
            on = self._live.look().on
            if self._folder.is_dir():
                self._left(on)
            if "errors" in on:
                self._trace.open()
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return

    def _left(self, on: frozenset[str]) -> None:
        self._spool.discard(set(FLOWS) - on)
        if "errors" not in on:
            crash.forget(self._folder)
        else:
            for one in crash.left(self._folder, self._agent.own):
                self._outbox.put(forms.error([one], "fatal", time.time_ns(), uuid.uuid4().hex, self._agent))
        if self._spool.names():
            self._outbox.wake()

    def _metric(self, name: str, value: float, given: Mapping[str, object] | None, kind: str) -> bool:
        told = number(value)
        if told is None or not is_name(name) or kind not in {"sum", "gauge"}:
            return False
        plain = attributes(given) if given else ()
        if kind == "sum":
            return self._outbox.add(name, told, plain)
        return self._outbox.put(Point(time.time_ns(), name, told, kind, plain))

    def _event(self, name: str, given: Mapping[str, object] | None) -> bool:
        return is_name(name) and self._outbox.put(Happened(time.time_ns(), name, attributes(given) if given else ()))

    def _error(self, error: BaseException, level: str) -> Parcel:
        word = level if level in {"fatal", "error", "warning", "info"} else "error"
        return forms.error(exceptions(error, self._agent.own), word, time.time_ns(), uuid.uuid4().hex, self._agent)

    def _at_once(self, flow: str, parcel: Callable[[], Parcel]) -> Reply:
        try:
            now = self._live.look()
            if flow not in now.on:
                return Reply(sent=False, why=self.why(flow))
            answer = post(self._collector, parcel(), self._limits.timeout, now.provider)
        except (TypeError, ValueError):
            return Reply(sent=False, why="the transcript holds what JSON cannot say")
        except Exception:  # noqa: BLE001 - a report never breaks the program
            return Reply(sent=False, why="it could not be sent")
        if not answer.taken:
            return Reply(sent=False, why=REASONS.get(answer.status, f"the collector refused it ({answer.status})"))
        return Reply(sent=True, receipt=_receipt(answer.body))


def _receipt(body: bytes) -> str:
    import json  # noqa: PLC0415 - once a feedback

    try:
        told = json.loads(body)
    except ValueError:
        return ""
    receipt = told.get("receipt") if isinstance(told, dict) else None
    return receipt if isinstance(receipt, str) else ""


def _folder(live: Live, name: str) -> Path:
    try:
        return live.home / ".local" / "state" / "carnet" / "reports" / name
    except (OSError, RuntimeError):
        return Path(os.devnull)  # nobody's home: nothing can be kept, and nothing is sent either


_REPORTERS: weakref.WeakSet[Reporter] = weakref.WeakSet()


def _close_all() -> None:
    for reporter in list(_REPORTERS):
        reporter.close()


def _in_child() -> None:
    for reporter in list(_REPORTERS):
        reporter.after_fork()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
