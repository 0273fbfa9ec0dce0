"""The diagram of flows: machine, recipient, kept as. Computes where everything stands; a template draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.web.wording import RETENTION, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.web.asking import Asked
    from carnet.web.cells import Cell

ROW = 46
"""Height of a flow's row."""
TOP = 44
"""Where the first row begins, below the heads of the columns."""
LEFT, MIDDLE, RIGHT = (0, 282), (452, 250), (872, 168)
"""(x, width) of the columns."""
PORT = 13
"""Room for one line at the edge of a box."""
GAP = 16
WIDTH = RIGHT[0] + RIGHT[1]
NOBODY = "nobody"
HERE = "this machine"
LAST = {NOBODY: 1, "unknown": 2, "unstated": 2}
"""Recipients that stand below all others."""


@dataclass(frozen=True, slots=True)
class Box:
    """A recipient, or a way of keeping."""

    x: int
    y: int
    width: int
    height: int
    label: str
    faint: bool
    """True where nothing arrives, or nobody says."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line from box to box."""

    d: str
    tip: str
    """The arrow's head."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One flow with its lines."""

    cell: Cell
    y: int
    note: str
    """Verdict and necessity in words."""
    style: str
    """`solid`, `dashed`, `off` or `dotted`."""
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    width: int
    height: int
    flows: tuple[Drawn, ...]
    recipients: tuple[Box, ...]
    kept: tuple[Box, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Path:
    """One flow to one recipient, kept in one way."""

    row: int
    recipient: str
    kept: str
    """Empty where nothing is kept because nothing arrives."""


def draw(asked: Asked, cells: Sequence[Cell]) -> Picture:
    """Where everything stands, for the flows in their order."""
    paths = [path for row, one in enumerate(cells) for path in paths_of(row, one)]
    rows = TOP + ROW * len(cells)
    middle = _boxes(MIDDLE, _ordered(paths), [path.recipient for path in paths], rows)
    middle_ports = _ports(paths, middle, [path.recipient for path in paths], [path.row for path in paths])
    hops = [(path, at) for path, at in zip(paths, middle_ports, strict=True) if path.kept]
    right = _boxes(RIGHT, _kept_order(hops), [path.kept for path, _ in hops], rows)
    right_ports = _ports([path for path, _ in hops], right, [path.kept for path, _ in hops], [at for _, at in hops])
    lines: dict[int, list[Line]] = {}
    for path, at in zip(paths, middle_ports, strict=True):
        lines.setdefault(path.row, []).append(_line(LEFT[0] + LEFT[1], _row(path.row), MIDDLE[0], at))
    for (path, at), end in zip(hops, right_ports, strict=True):
        lines[path.row].append(_line(MIDDLE[0] + MIDDLE[1], at, RIGHT[0], end))
    provider = asked.given.get("provider", "")
    drawn = [Drawn(one, TOP + ROW * n, note(one), style(one), tuple(lines[n])) for n, one in enumerate(cells)]
    bottom = max([rows, *(box.y + box.height for box in (*middle.values(), *right.values()))])
    return Picture(
        WIDTH,
        bottom + 4,
        tuple(drawn),
        tuple(_named(box, _recipient(asked, box.label, provider)) for box in middle.values()),
        tuple(_named(box, RETENTION.get(box.label, box.label)) for box in right.values()),
        described(asked, cells),
    )


def paths_of(row: int, one: Cell) -> list[Path]:
    """Where a flow goes; one that is off goes to nobody, one that stays goes nowhere else."""
    found = one.verdict
    if found.verdict == "off":
        return [Path(row, NOBODY, "")]
    if found.verdict == "local-only":
        return [Path(row, HERE, found.retention)]
    return [Path(row, name, found.retention) for name in found.recipients or ("unstated",)]


def style(one: Cell) -> str:
    """The vendor's own convention: solid is required, dashed is optional; off is grey, dotted is not known."""
    found = one.verdict
    if found.verdict in {"off", "unknown"}:
        return {"off": "off", "unknown": "dotted"}[found.verdict]
    return {"required": "solid", "optional": "dashed", "on-request": "dashed"}.get(found.necessity, "dotted")


def note(one: Cell) -> str:
    found = one.verdict
    if found.verdict in {"off", "unknown", "local-only"} or found.necessity == found.verdict:
        return one.word
    return f"{one.word}, {state(found.necessity) if found.necessity != 'unstated' else 'necessity not stated'}"


def described(asked: Asked, cells: Sequence[Cell]) -> str:
    """The diagram in sentences, for who does not see it."""
    return " ".join(f"{one.flow.title}: {note(one)}{_destination(asked, one)}." for one in cells)


def _destination(asked: Asked, one: Cell) -> str:
    found = one.verdict
    if found.verdict == "off":
        return ""
    names = [_recipient(asked, path.recipient, asked.given.get("provider", "")) for path in paths_of(0, one)]
    return f"; to {', '.join(names)}; kept: {RETENTION.get(found.retention, found.retention)}"


def _recipient(asked: Asked, name: str, provider: str) -> str:
    if name in {NOBODY, HERE}:
        return name
    return "recipient unknown" if name in LAST else asked.words.recipient(name, provider)


def _ordered(paths: Sequence[Path]) -> list[str]:
    """Recipients by the middle of the rows that lead to them, so that few lines cross."""
    rows: dict[str, list[int]] = {}
    for path in paths:
        rows.setdefault(path.recipient, []).append(path.row)
    return sorted(rows, key=lambda name: (LAST.get(name, 0), sum(rows[name]) / len(rows[name])))


def _kept_order(hops: Sequence[tuple[Path, int]]) -> list[str]:
    heights: dict[str, list[int]] = {}
    for path, at in hops:
        heights.setdefault(path.kept, []).append(at)
    return sorted(heights, key=lambda name: (name in LAST, sum(heights[name]) / len(heights[name])))


def _boxes(place: tuple[int, int], names: Sequence[str], arriving: Sequence[str], bottom: int) -> dict[str, Box]:
    """Boxes from top to bottom, each as high as the lines it takes, spread over the height there is."""
    heights = [max(36, arriving.count(name) * PORT + 14) for name in names]
    free = bottom - TOP - sum(heights)
    gap = max(GAP, free // (len(names) + 1)) if names else GAP
    boxes, y = {}, TOP + max(0, (free - gap * (len(names) - 1)) // 2)
    for name, height in zip(names, heights, strict=True):
        boxes[name] = Box(place[0], y, place[1], height, name, faint=name in LAST)
        y += height + gap
    return boxes


def _ports(paths: Sequence[Path], boxes: dict[str, Box], names: Sequence[str], order: Sequence[int]) -> list[int]:
    """The height at which each path meets its box; paths from above meet it above."""
    found = [0] * len(paths)
    for name, box in boxes.items():
        members = sorted((n for n, one in enumerate(names) if one == name), key=lambda n: order[n])
        first = box.y + (box.height - PORT * (len(members) - 1)) // 2
        for place, n in enumerate(members):
            found[n] = first + PORT * place
    return found


def _row(row: int) -> int:
    return TOP + ROW * row + (ROW - 8) // 2


def _line(x: int, y: int, to_x: int, to_y: int) -> Line:
    end, bend = to_x - 7, (to_x - x) // 2
    return Line(f"M{x} {y}C{x + bend} {y} {end - bend} {to_y} {end} {to_y}", f"M{to_x - 1} {to_y}l-8 -4v8z")


def _named(box: Box, label: str) -> Box:
    return Box(box.x, box.y, box.width, box.height, label, box.faint)


def mermaid(asked: Asked, cells: Sequence[Cell]) -> str:
    """The same diagram as Mermaid text, for a README."""
    provider = asked.given.get("provider", "")
    lines = ["flowchart LR"]
    for row, one in enumerate(cells):
        arrow = {"solid": "-->", "dashed": "-.->", "off": "-.-x", "dotted": "-.->"}[style(one)]
        for path in paths_of(row, one):
            name = _recipient(asked, path.recipient, provider)
            kept = f"; kept: {RETENTION.get(path.kept, path.kept)}" if path.kept else ""
            node = "r_" + "".join(c if c.isalnum() else "_" for c in path.recipient)
            lines.append(
                f'  f{row}["{_quiet(one.flow.title)}"] {arrow}|"{_quiet(note(one) + kept)}"| {node}["{_quiet(name)}"]'
            )
    return "\n".join(lines) + "\n"


def _quiet(text: str) -> str:
    """Text that Mermaid cannot take for markup."""
    return "".join(c if c not in '"<>#;`' else "," if c == ";" else " " for c in text)
