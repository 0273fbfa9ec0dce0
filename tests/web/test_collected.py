from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from carnet.errors import CarnetError
from carnet.web.collected import read_collection
from tests.records.kept import ACME, PAT
from tests.web.reported import failed, measured, wrote

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from carnet.web.records import Records
    from tests.records.kept import Shelf


@pytest.fixture
def records(stranger: TestClient, shelf: Shelf) -> Records:
    del shelf
    return cast("Records", cast("Starlette", stranger.app).state.records)


def test_rows_are_told_with_class_organisation_and_rules_newest_first(records: Records, shelf: Shelf) -> None:
    measured(shelf, "anthropic")
    measured(shelf, "anthropic")
    shelf.later(days=1)
    wrote(shelf, "it stopped", [], account=PAT)
    shelf.kept("an exchange is not intake's")
    found = read_collection(records, "")
    first, second = map(found.told, found.rows)
    assert (first.kept.day, first.kept.flow, first.words, first.org) == ("2026-04-02", "feedback", "5 years", "people")
    assert (second.kept.records, second.kept.provider, second.words) == (2, "anthropic", "30 days")
    assert "metrics.all" in {one.rule for one in second.deciders}
    assert all(one.href.startswith("/explain/metrics?") for one in second.deciders)


def test_one_organisation_is_told_alone(records: Records, shelf: Shelf) -> None:
    measured(shelf)
    failed(shelf, "ValueError", account=PAT)
    found = read_collection(records, ACME)
    assert [one.flow for one in found.rows] == ["metrics"]
    assert found.by_day("metrics") == {"2026-04-01": {"metrics": 1}}
    with pytest.raises(CarnetError):
        read_collection(records, "nowhere")


def test_where_an_organisation_keeps_shorter_that_is_among_what_allowed_it(records: Records, shelf: Shelf) -> None:
    shelf.change(ACME, {}, {"metrics": "days7"})
    measured(shelf)
    (one,) = read_collection(records, "").allowed("metrics")
    assert (one.retention, one.words) == ("days7", "7 days")
    assert {"metrics.all", "organisation.keep"} <= {rule.rule for rule in one.deciders}
