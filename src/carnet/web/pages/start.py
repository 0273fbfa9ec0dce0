"""What the start page opens with: this machine's verdicts and findings, then the matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.agent.answers import audit_answer
from carnet.web.asking import asked_of, default_pack
from carnet.web.cells import cell, explain_href, missing_words
from carnet.web.machine import asked_here
from carnet.web.pages.matrix import matrix_answer, read_matrix
from carnet.web.wording import RETENTION, VERDICTS

if TYPE_CHECKING:
    from carnet.agent.audit import Audit
    from carnet.agent.decided import Decided
    from carnet.model.machine import Source
    from carnet.web.asking import Asked
    from carnet.web.machine import Seen
    from carnet.web.pages.matrix import Matrix
    from carnet.web.site import Site

WITH_SOMETHING = frozenset({"read", "void", "unread", "shadowed"})
"""States of files that are worth a line; the rest was looked for and is not there."""
KEPT = {**RETENTION, "-": "–"}


@dataclass(frozen=True, slots=True)
class Line:
    """One flow on this machine."""

    title: str
    href: str
    verdict: str
    word: str
    by: str
    origins: tuple[str, ...]
    kept: str


@dataclass(frozen=True, slots=True)
class Start:
    """The first two parts of the start page."""

    asked: Asked
    seen: Seen | None
    lines: tuple[Line, ...]
    files: tuple[Source, ...]
    """Files in which something stood, or that could not be used."""
    absent: int
    """Files that were looked for and are not there."""
    unknown: tuple[tuple[str, str, tuple[str, ...]], ...]
    """(fact in words, address, titles of the flows that wait for it) for every fact that is not known and matters."""
    matrix: Matrix

    @property
    def audit(self) -> Audit | None:
        return self.seen.audit if self.seen else None


def read_start(site: Site) -> Start:
    pack = default_pack()
    seen = site.machine.look(site.clock())
    found = seen.audit if seen else None
    asked = asked_here(found, pack) if found else asked_of(pack, site.today(), {})
    sources = found.machine.sources if found else ()
    return Start(
        asked=asked,
        seen=seen,
        lines=tuple(_line(asked, one) for one in found.decided) if found else (),
        files=tuple(one for one in sources if one.state in WITH_SOMETHING),
        absent=sum(one.state not in WITH_SOMETHING for one in sources),
        unknown=_unknown(asked, found) if found else (),
        matrix=read_matrix(asked),
    )


def _line(asked: Asked, one: Decided) -> Line:
    flow = next(flow for flow in asked.book.flows if flow.id == one.verdict.flow)
    here = cell(asked, flow)
    word = VERDICTS[one.verdict.verdict]
    return Line(flow.title, here.href, one.verdict.verdict, word, one.by, one.origins, KEPT.get(one.kept, one.kept))


def _unknown(asked: Asked, found: Audit) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Facts no machine shows, and what hangs on them."""
    titles = {flow.id: flow.title for flow in asked.book.flows}
    waiting: dict[str, list[str]] = {}
    for one in found.verdicts:
        for fact in one.missing:
            waiting.setdefault(fact, []).append(one.flow)
    return tuple(
        (missing_words(asked, [fact])[0], explain_href(asked, flows[0]), tuple(titles[flow] for flow in flows))
        for fact, flows in waiting.items()
    )


def start_answer(start: Start) -> dict[str, object]:
    """The same for the JSON twin."""
    found = start.audit
    return {
        "machine": audit_answer(found) if found else None,
        "matrix": matrix_answer(start.asked, start.matrix),
    }
