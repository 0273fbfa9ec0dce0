"""Every opt-out of the founding page, proven by the packets a program sends, not by what it says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.packs import named
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import resolve
from carnet.policy.rulebook import rulebook
from tests.wire.cells import DAY, IDS, PLACES, PROVIDERS, SERVICES, Cell, cells, leaking
from tests.wire.report import Seen, lacking, markdown, watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IN_SUITE = ("environment", "user settings")
"""`make opt-outs` looks at every place."""


@pytest.fixture
def wire() -> None:
    """Skips, saying why, where nobody may have a network namespace."""
    if why := lacking():
        pytest.skip(f"wire: {why}")


@pytest.mark.usefixtures("wire")
def test_what_connects_is_what_the_page_says_in_every_cell(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seen = watch(list(cells(IN_SUITE)), tmp_path)
    record_property("opt-outs", markdown(seen))

    assert [(one.cell.name, one.contacted, one.unexplained) for one in seen if not one.kept] == []
    silent = [one for one in seen if one.cell.scene == "plain" and set(one.cell.expected) <= {"domain-check"}]
    written = {one.cell.name: one.written for one in silent}
    assert len(written) > len(PROVIDERS)
    assert set(written.values()) == {()}, "where no report is on, no file is written"
    assert {one.contacted for one in silent} == {(), ("domain-check",)}
    (spooled,) = (one for one in seen if one.cell.scene == "spooled")
    assert [name for name in spooled.written if name.endswith(".sealed")] == []


@pytest.mark.usefixtures("wire")
def test_a_program_that_asks_nobody_is_seen(tmp_path: Path) -> None:
    (seen,) = watch([leaking()], tmp_path)

    assert seen.opened == {("203.0.113.9", 443, "tcp"), ("2001:db8::9", 443, "tcp"), ("198.51.100.53", 53, "udp")}
    assert not seen.kept
    assert "203.0.113.9:443" in markdown([seen])


@pytest.mark.parametrize("cell", [one for one in cells() if one.scene == "plain"], ids=lambda one: one.name)
def test_the_pack_says_what_the_page_says(cell: Cell) -> None:
    book = rulebook(named("claude-code"))
    set_in_files = [(name, value) for file in cell.files.values() for name, value in file.items()]
    env = {k: v for name, value in set_in_files if name == "env" and isinstance(value, dict) for k, v in value.items()}
    settings = {name: value for name, value in set_in_files if name != "env"}
    given = {"provider": IDS[cell.provider], "env": {**cell.env, **env}, "settings": settings}
    verdicts = {
        one.flow: one.verdict for one in resolve(compile_tables(book, DAY), read_context(given, book, DAY).facts)
    }

    assert tuple(name for name in SERVICES if verdicts[name] in {"on", "on-request"}) == cell.expected


def test_a_cell_that_is_not_as_the_page_says_is_told() -> None:
    cell = Cell("Claude API", "X=1", "environment", ())
    wrong = Seen(cell, 0, frozenset({(SERVICES["metrics"], 8417, "tcp")}), ())

    told = markdown([wrong, Seen(cell, 1, frozenset(), ())])

    assert "2 runs, 0 as the page says, 2 not." in told
    assert set(PLACES) > set(IN_SUITE)
    assert "metrics **expected -**" in markdown([wrong])
