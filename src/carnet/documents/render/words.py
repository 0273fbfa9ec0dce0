"""Word marks a person can read: a minimal diff whose scattered matches are joined."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from carnet.documents.render.escape import attribute
from carnet.documents.render.inline import Atom, Wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_TOKENS = 20_000
_LOOSE = 2
"""An unchanged island of so few tokens between two changes reads worse than one longer change."""

INSERTED = Wrap("<ins>", "</ins>")
DELETED = Wrap("<del>", "</del>")


class Step(NamedTuple):
    """A stretch of tokens: equal on both sides, or the old ones replaced by the new ones."""

    equal: bool
    old: tuple[int, int]
    new: tuple[int, int]


def tokens_of(atoms: Sequence[Atom]) -> list[Atom]:
    """Atoms cut into words, white space and signs."""
    cut: list[Atom] = []
    for atom in atoms:
        if atom.html is not None:
            cut.append(atom)
        else:
            wraps = atom.wraps
            cut.extend([Atom(word, wraps) for word in _TOKEN.findall(atom.text)])
    return cut


def steps(old: Sequence[str], new: Sequence[str]) -> list[Step]:
    """How the new tokens come from the old ones, scattered matches joined."""
    from rapidfuzz.distance import Indel  # noqa: PLC0415 -- 40 ms that pages without changes need not pay

    if max(len(old), len(new)) > _MOST_TOKENS:
        return [Step(equal=False, old=(0, len(old)), new=(0, len(new)))]
    found: list[Step] = []
    for op in Indel.opcodes(old, new):
        equal = op.tag == "equal"
        step = Step(equal, (op.src_start, op.src_end), (op.dest_start, op.dest_end))
        if found and not equal and not found[-1].equal:
            found[-1] = _joined(found[-1], step)
        else:
            found.append(step)
    return [trimmed for step in _without_islands(found, old) for trimmed in _trimmed(step, old, new)]


def _trimmed(step: Step, old: Sequence[str], new: Sequence[str]) -> Iterator[Step]:
    """A joined change without what both of its sides begin or end with."""
    (old_start, old_end), (new_start, new_end) = step.old, step.new
    if step.equal:
        yield step
        return
    while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    if old_start > step.old[0]:
        yield Step(equal=True, old=(step.old[0], old_start), new=(step.new[0], new_start))
    if old_start < old_end or new_start < new_end:
        yield Step(equal=False, old=(old_start, old_end), new=(new_start, new_end))
    if old_end < step.old[1]:
        yield Step(equal=True, old=(old_end, step.old[1]), new=(new_end, step.new[1]))


def _without_islands(found: list[Step], old: Sequence[str]) -> list[Step]:
    joined: list[Step] = []
    for number, step in enumerate(found):
        inner = 0 < number < len(found) - 1
        if (step.equal and inner and _is_loose(old[step.old[0] : step.old[1]])) or (
            joined and not step.equal and not joined[-1].equal
        ):
            joined[-1] = _joined(joined[-1], step)
        else:
            joined.append(step)
    return joined


def _is_loose(tokens: Sequence[str]) -> bool:
    words = [token for token in tokens if not token.isspace()]
    return len(words) <= 1 and len(tokens) <= _LOOSE + 1 and sum(map(len, words)) <= 4


def _joined(first: Step, second: Step) -> Step:
    return Step(equal=False, old=(first.old[0], second.old[1]), new=(first.new[0], second.new[1]))


def marked(old: Sequence[Atom], new: Sequence[Atom]) -> Iterator[Atom]:
    """Both sides as one run of atoms, what went and what came marked."""
    before, after = tokens_of(old), tokens_of(new)
    for step in steps([atom.text for atom in before], [atom.text for atom in after]):
        if step.equal:
            yield from map(_restyled, before[slice(*step.old)], after[slice(*step.new)])
        else:
            yield from (_with(atom, DELETED) for atom in before[slice(*step.old)])
            yield from (_with(atom, INSERTED) for atom in after[slice(*step.new)])


def _with(atom: Atom, wrap: Wrap) -> Atom:
    return Atom(atom.text, (*atom.wraps, wrap), atom.html)


def _restyled(old: Atom, new: Atom) -> Atom:
    """Equal words whose markup or link target changed carry a subdued mark that says so."""
    if old.wraps == new.wraps:
        return new
    was, now = _target(old), _target(new)
    what = f"link changed: {was or 'none'} → {now or 'none'}" if was != now else "formatting changed"
    return _with(new, _notice(what))


def _target(atom: Atom) -> str:
    return next((wrap.link for wrap in atom.wraps if wrap.link), "")


def _notice(what: str) -> Wrap:
    return Wrap(f'<span class="cn-restyled" title="{attribute(what[:400])}">', "</span>")


def marked_all(atoms: Sequence[Atom], wrap: Wrap) -> list[Atom]:
    """All atoms within one mark."""
    return [Atom(atom.text, (*atom.wraps, wrap), atom.html) for atom in atoms]
