"""`carnet pack`."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.stores import open_store
from tests.policy import shelves

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings

    from .conftest import Carnet


@pytest.fixture
def made(settings: Settings, tmp_path: Path) -> Path:
    """A pack in a folder; the document it cites is in the test's store."""
    with closing(open_store(settings)) as store:
        shelf = shelves.shelve(store.documents, shelves.FIRST, shelves.SECOND)
    folder = tmp_path / "juniper"
    shelves.pack(folder, shelves.cited("kept", shelf.cite(shelves.NOBODY)))
    return folder


def test_a_good_pack_ends_with_0(carnet: Carnet, made: Path) -> None:
    shown = carnet("pack", "check", str(made))
    assert (shown.status, shown.out.splitlines()[-1]) == (0, "0 findings")
    assert "citations  1 found" in shown.out
    assert "coverage   keeping: 50.0 % of 2 sentences" in shown.out


def test_findings_end_with_1(carnet: Carnet, made: Path) -> None:
    rules = made / "rules" / "all.toml"
    rules.write_text(rules.read_text().replace('section = "Logs"', 'section = "Lugs"'))
    shown = carnet("pack", "check", str(made), "--json")
    answer = json.loads(shown.out)
    assert (shown.status, [one["check"] for one in answer["findings"]]) == (1, ["citations"])


def test_what_was_never_captured_is_counted_not_blamed(carnet: Carnet, data: Path) -> None:
    shown = carnet("pack", "check")
    assert "not checkable here" in shown.out
    assert (shown.status, data.exists()) == (0, False)


def test_a_broken_pack_is_named(carnet: Carnet, made: Path) -> None:
    (made / "rules" / "all.toml").write_text("[[rule]]\n")
    shown = carnet("pack", "check", str(made))
    assert shown.status == 2
    assert "all.toml" in shown.err


def test_cite_shows_the_sentence_and_pastes_only_its_fingerprint(carnet: Carnet, made: Path) -> None:
    shown = carnet("pack", "cite", "keeping", "--section", "Logs", "--pack", str(made))
    pasted = "\n".join(line for line in shown.out.splitlines() if not line.startswith("#"))
    assert f"# {shelves.LONGER}" in shown.out
    assert "no rule cites it" in shown.out
    assert "cited by kept" in shown.out
    assert shelves.LONGER not in pasted
    assert pasted.count("[[rule.cites]]") == 2
    assert "since = 2031-05-06" in pasted
    assert "since = 2031-06-02" in pasted


def test_what_cite_prints_is_a_citation_the_check_accepts(carnet: Carnet, made: Path) -> None:
    shown = carnet("pack", "cite", "keeping", "-s", "Logs", "--pack", str(made))
    rules = made / "rules" / "all.toml"
    head = rules.read_text().partition("[[rule.cites]]")[0]
    rules.write_text(head + shown.out)
    checked = carnet("pack", "check", str(made))
    assert (checked.status, "citations  2 found" in checked.out) == (0, True)


def test_cite_reads_the_version_of_a_day(carnet: Carnet, made: Path) -> None:
    shown = carnet("pack", "cite", "keeping", "-s", "Logs", "--as-of", "2031-05-10", "--pack", str(made))
    assert shelves.KEPT in shown.out
    assert shelves.LONGER not in shown.out


@pytest.mark.usefixtures("made")
def test_a_section_that_is_not_there_names_near_ones(carnet: Carnet) -> None:
    shown = carnet("pack", "cite", "keeping", "-s", "Log")
    assert shown.status == 2
    assert "sections: 'Logs'" in shown.err
