"""`carnet timeline`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.model.document import Document, Observation

if TYPE_CHECKING:
    from carnet.stores.contract import Store

    from .conftest import Carnet

pytestmark = pytest.mark.usefixtures("history")


def test_a_document_has_one_entry_a_version_newest_first_under_its_month(carnet: Carnet) -> None:
    shown = carnet("timeline", "keeping")

    assert shown.status == 0
    assert [line.rpartition("  ")[0] if line.startswith(" ") else line for line in shown.out.splitlines()] == [
        "2032 January",
        "  Fri 09 04:00  +1 -2  reverts to version 1",
        "2031 June",
        "  Mon 02 17:15  +2 -1",
        "2031 May",
        "  Tue 06 08:30  +6 -0",
    ]


def test_a_collection_has_one_entry_a_day(carnet: Carnet) -> None:
    shown = carnet("timeline", "--collection", "juniper")

    assert shown.out.splitlines() == [
        "2032 February",
        "  Sun 01 00:01  training +0 -3 (gone)",
        "2032 January",
        "  Fri 09 04:00  keeping +1 -2 (reverts)",
        "2031 June",
        "  Mon 02 17:15  keeping +2 -1, training +3 -0",
        "2031 May",
        "  Tue 06 08:30  keeping +6 -0",
    ]


def test_json_is_oldest_first_with_instants_in_utc(carnet: Carnet) -> None:
    entries = json.loads(carnet("timeline", "keeping", "--json").out)["entries"]

    assert [(entry["at"], entry["added"], entry["removed"], entry["reverts"]) for entry in entries] == [
        ("2031-05-06T08:30:05Z", 6, 0, False),
        ("2031-06-02T17:15:00Z", 2, 1, False),
        ("2032-01-09T04:00:00Z", 1, 2, True),
    ]


def test_json_of_a_collection_names_the_documents_of_a_day(carnet: Carnet) -> None:
    entries = json.loads(carnet("timeline", "-c", "juniper", "--json").out)["entries"]

    assert {"at": "2031-06-02T17:15:00Z", "documents": ["keeping", "training"]} in entries


@pytest.mark.parametrize(
    ("options", "days"),
    [
        (["--since", "2031-06-02"], 2),
        (["--until", "2031-06-02"], 2),
        (["--since", "2031-06-02", "--until", "2031-06-02"], 1),
        (["--since", "2031-06-03", "--until", "2031-12-31"], 0),
    ],
)
def test_both_ends_of_a_range_are_included(carnet: Carnet, options: list[str], days: int) -> None:
    shown = carnet("timeline", "keeping", *options)

    assert sum(line.startswith("  ") for line in shown.out.splitlines()) == days
    assert ("has no version" in shown.out) == (days == 0)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["-c", ""], "there is no collection ''; there is juniper"),
        (["keeping", "-c", "juniper"], "name a document, or give --collection"),
        (["-c", "cedar"], "there is no collection 'cedar'; there is juniper"),
        (["keping"], "juniper/keeping"),
        (["keeping", "--since", "yesterday"], "'yesterday'"),
        (["keeping", "--since", "2032-01-01", "--until", "2031-01-01"], "is after"),
    ],
)
def test_what_cannot_be_understood_ends_with_2_and_says_why(carnet: Carnet, args: list[str], said: str) -> None:
    shown = carnet("timeline", *args)

    assert (shown.status, shown.out) == (2, "")
    assert said in shown.err


def test_the_only_collection_beside_the_example_needs_no_name(carnet: Carnet, store: Store) -> None:
    store.documents.add_document(Document(0, "example", "keeping", "import:example/keeping.md", example=True))
    assert carnet("timeline").out == carnet("timeline", "--collection", "juniper").out

    store.documents.add_document(Document(0, "other", "keeping", "import:other/keeping.md"))
    ended = carnet("timeline")
    assert (ended.status, "give --collection C (juniper, other)" in ended.err) == (2, True)


def test_a_day_on_which_instructions_to_agents_came_says_so(carnet: Carnet, store: Store) -> None:
    found = next(each for each in store.documents.documents() if each.name == "keeping")
    text = b"# Keeping\n\n<AgentInstructions>\nAgents must keep this.\n</AgentInstructions>\n"
    store.documents.record([Observation(found.id, datetime(2033, 1, 2, tzinfo=UTC), text)])

    assert "carries instructions to agents)" in carnet("timeline", "--collection", "juniper").out.splitlines()[1]
