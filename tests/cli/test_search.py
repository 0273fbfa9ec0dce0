"""`carnet search`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Carnet

pytestmark = pytest.mark.usefixtures("history")


def test_a_phrase_is_told_with_when_it_appeared_and_vanished(carnet: Carnet) -> None:
    shown = carnet("search", "60", "days")

    assert shown.out == (
        "juniper/keeping  vanished: 2031-06-02 17:15 UTC to 2032-01-09 04:00 UTC\n"
        "  Logs  line 5\n"
        "  Logs stay for [60 days].\n"
    )


def test_a_phrase_that_came_back_has_all_its_times(carnet: Carnet) -> None:
    shown = carnet("search", "30 DAYS")

    assert shown.out.startswith(
        "juniper/keeping  in force: 2031-05-06 08:30 UTC to 2031-06-02 17:15 UTC, 2032-01-09 04:00 UTC to now\n"
    )


def test_json_holds_the_same(carnet: Carnet) -> None:
    answer = json.loads(carnet("search", "train models", "--json").out)

    assert answer["words"] == "train models"
    assert [(one["document"], one["in_force"]) for one in answer["found"]] == [("juniper/training", False)]


def test_nothing_found_is_said(carnet: Carnet) -> None:
    shown = carnet("search", "quantum")

    assert (shown.status, shown.out) == (0, "No version of any document holds 'quantum'.\n")


def test_a_search_for_nothing_is_refused(carnet: Carnet) -> None:
    assert carnet("search").status == 2
    assert carnet("search", " ").status == 2


def test_a_collection_that_is_not_there_is_not_searched_in_vain(carnet: Carnet) -> None:
    shown = carnet("search", "days", "--collection", "jumiper")

    assert (shown.status, shown.out) == (2, "")
    assert "there is no collection 'jumiper'; there is juniper" in shown.err
