"""`carnet documents`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.cli import documents
from carnet.documents.first_start import first_start
from carnet.model.document import Capture, Document, Outcome

if TYPE_CHECKING:
    from carnet.stores.contract import Store

    from .conftest import Carnet

NOW = datetime(2031, 7, 1, tzinfo=UTC)


def test_an_empty_store_says_how_to_begin(carnet: Carnet) -> None:
    assert "carnet watch URL" in carnet("documents").out


@pytest.mark.usefixtures("history")
def test_one_line_a_document_with_numbers_and_the_last_capture(carnet: Carnet) -> None:
    assert carnet("documents").out.splitlines() == [
        "juniper/keeping   3 versions  3 captures  2032-01-09 04:00 UTC  not watched, changed",
        "juniper/training  2 versions  2 captures  2032-02-01 00:01 UTC  not watched, changed",
    ]


@pytest.mark.usefixtures("history")
def test_json_holds_all_documents(carnet: Carnet) -> None:
    rows = json.loads(carnet("documents", "--json").out)["documents"]

    assert [(row["name"], row["versions"], row["watched"]) for row in rows] == [
        ("juniper/keeping", 3, False),
        ("juniper/training", 2, False),
    ]


@pytest.mark.parametrize(
    ("outcome", "why", "said"),
    [
        (None, "", "watched, not yet captured"),
        (Outcome.NEW, "", "watched, changed"),
        (Outcome.UNCHANGED, "", "watched, unchanged"),
        (Outcome.FAILED, "no such host\x1b[2J", "watched, failed: no such host\ufffd[2J"),
        (Outcome.HELD, "it shrank by 80 %", "watched, held until a second capture agrees: it shrank by 80 %"),
    ],
)
def test_silence_differs_from_breakage(outcome: Outcome | None, why: str, said: str) -> None:
    document = Document(1, "juniper", "keeping", "https://juniper.example/keeping", watched=True)
    last = Capture(1, 1, NOW, outcome, why) if outcome else None

    assert documents.state(document, last) == said


@pytest.mark.usefixtures("history")
def test_a_collection_that_is_not_there_is_named(carnet: Carnet) -> None:
    assert carnet("documents", "-c", "juniper").status == 0
    shown = carnet("documents", "-c", "cedar")
    assert shown.status == 2
    assert "'cedar'" in shown.err


def test_the_example_is_taken_away_without_a_question_and_only_it(carnet: Carnet, store: Store) -> None:
    first_start(store, NOW)
    before = store.documents.documents()

    shown = carnet("documents", "remove", "--example")

    assert (shown.status, shown.out) == (0, "Removed example/data-usage.\n")
    assert store.documents.documents() == [document for document in before if not document.example]
    assert carnet("documents", "remove", "--example").out == "There is no example to remove.\n"


@pytest.mark.usefixtures("history")
def test_a_history_is_not_forgotten_without_a_yes(carnet: Carnet) -> None:
    refused = carnet("documents", "remove", "keeping")

    assert refused.status == 2
    assert "Forget 1 document with 3 versions. This cannot be undone; give --yes" in refused.err
    assert "juniper/keeping" in carnet("documents").out

    assert carnet("documents", "remove", "keeping", "--yes").out == "Removed juniper/keeping.\n"
    assert "juniper/keeping" not in carnet("documents").out


@pytest.mark.usefixtures("history")
def test_a_whole_collection_can_be_forgotten(carnet: Carnet) -> None:
    shown = carnet("documents", "remove", "-c", "juniper", "--yes")

    assert shown.out == "Removed juniper/keeping, juniper/training.\n"


def test_removing_nothing_in_particular_is_refused(carnet: Carnet) -> None:
    assert carnet("documents", "remove").status == 2
    assert carnet("documents", "remove", "absent", "--yes").status == 2
