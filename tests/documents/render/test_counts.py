from __future__ import annotations

from carnet.documents.render.counts import counts, counts_line, instant, short_name, unchanged
from tests import make


def test_the_line_names_document_instants_and_counts() -> None:
    compared = make.comparison("a\nb\n", "a\nc\nd\n", "agent/data-usage")
    assert counts_line(compared.comparison) == (
        "data-usage 2026-04-01 00:00 UTC to 2026-04-02 06:00 UTC · 2 added, 1 removed"
    )


def test_a_name_within_its_collection_keeps_its_path() -> None:
    assert short_name("agent/guides/setup") == "guides/setup"
    assert short_name("setup") == "setup"


def test_large_counts_are_grouped() -> None:
    assert counts(11_528, 4) == "11,528 added, 4 removed"


def test_one_line_is_not_plural() -> None:
    assert (unchanged(1), unchanged(84)) == ("1 unchanged line", "84 unchanged lines")


def test_instants_are_to_the_minute() -> None:
    assert instant(make.at(3.97)) == "2026-04-01 03:58 UTC"
