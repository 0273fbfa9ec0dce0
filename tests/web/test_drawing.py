from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from carnet.web.asking import Asked, asked_of, default_pack
from carnet.web.cells import Cell, cell
from carnet.web.drawing import GAP, Picture, draw, mermaid, paths_of, style

DAYS = st.dates(date(2025, 11, 1), date(2026, 9, 1))
PROVIDERS = st.sampled_from(
    ["", "anthropic", "bedrock", "vertex", "foundry", "anthropic-aws", "llm-gateway", "apps-gateway"]
)


def asked(day: date, provider: str = "") -> tuple[Asked, list[Cell]]:
    one = asked_of(default_pack(), day, {"provider": provider} if provider else {})
    return one, [cell(one, flow) for flow in one.book.flows]


def boxes(picture: Picture) -> None:
    for column in (picture.recipients, picture.kept):
        placed = sorted(column, key=lambda box: box.y)
        assert all(below.y - above.y - above.height >= GAP for above, below in pairwise(placed))
        assert all(box.y >= 0 and box.y + box.height <= picture.height for box in placed)


@given(DAYS, PROVIDERS)
@settings(max_examples=40)
def test_boxes_never_overlap_nor_leave_the_picture(day: date, provider: str) -> None:
    boxes(draw(*asked(day, provider)))


@given(DAYS, PROVIDERS)
@settings(max_examples=40)
def test_every_flow_has_lines_and_what_is_off_reaches_nobody(day: date, provider: str) -> None:
    one, cells = asked(day, provider)
    for drawn in draw(one, cells).flows:
        assert drawn.lines
        if drawn.cell.verdict.verdict == "off":
            assert drawn.style == "off"
            assert [path.recipient for path in paths_of(0, drawn.cell)] == ["nobody"]
        if drawn.cell.verdict.verdict == "unknown":
            assert drawn.style == "dotted"
            assert drawn.note == "unknown"


def test_mermaid_text_cannot_be_broken_by_a_name() -> None:
    one, cells = asked(date(2026, 4, 23), "anthropic")
    for line in mermaid(one, cells).splitlines()[1:]:
        assert line.count('"') == 6


def test_a_flow_that_stays_goes_nowhere_else() -> None:
    _, cells = asked(date(2026, 8, 22), "bedrock")
    local = next(one for one in cells if one.flow.id == "local-transcripts")
    assert [path.recipient for path in paths_of(0, local)] == ["this machine"]
    assert style(local) == "dashed"
