"""`carnet diff`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet

pytestmark = pytest.mark.usefixtures("history")


def test_a_difference_ends_with_1_and_is_counted_as_git_counts(carnet: Carnet) -> None:
    shown = carnet("diff", "keeping", "2031-05-06..2031-06-02", "--stat")

    assert shown.status == 1
    assert shown.out == "keeping 2031-05-06 08:30 UTC to 2031-06-02 17:15 UTC · 2 added, 1 removed\n"


@pytest.mark.parametrize("span", ["2031-05-06..2031-05-31", "2031-05-06..2032-01-09"])
def test_no_difference_ends_with_0(carnet: Carnet, span: str) -> None:
    shown = carnet("diff", "keeping", span, "--stat")

    assert shown.status == 0
    assert "0 added, 0 removed" in shown.out


def test_without_a_range_the_last_two_versions_are_compared(carnet: Carnet) -> None:
    shown = carnet("diff", "keeping", "--stat")

    assert (shown.status, shown.out) == (
        1,
        "keeping 2031-06-02 17:15 UTC to 2032-01-09 04:00 UTC · 1 added, 2 removed\n",
    )


def test_a_pipe_gets_plain_text_with_word_marks(carnet: Carnet) -> None:
    shown = carnet("diff", "keeping", "2031-05-06..2031-06-02")

    assert "[-30-]" in shown.out
    assert "{+60+}" in shown.out
    assert "+ Ask to see yours." in shown.out
    assert "\x1b" not in shown.out


def test_json_holds_the_hunks(carnet: Carnet) -> None:
    shown = carnet("diff", "keeping", "2031-05-06..2031-06-02", "--json")
    answer = json.loads(shown.out)

    assert shown.status == 1
    assert (answer["document"], answer["added"], answer["removed"]) == ("juniper/keeping", 2, 1)
    assert answer["old"]["at"] == "2031-05-06T08:30:05Z"
    assert answer["hunks"][0]["section"] == ["Logs"]


def test_html_is_one_file_and_the_counts_stay_readable(carnet: Carnet, tmp_path: Path) -> None:
    shown = carnet("diff", "keeping", "2031-05-06..2031-06-02", "--html", str(tmp_path / "change.html"))

    assert (shown.status, shown.out) == (1, "")
    assert "2 added, 1 removed" in shown.err
    page = (tmp_path / "change.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "Ask to see yours" in page


def test_html_goes_to_a_pipe_too(carnet: Carnet) -> None:
    assert carnet("diff", "keeping", "--html", "-").out.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["keeping", "--html", "x.html", "--json"], "give either --html or --json"),
        (["keeping", "2020-01-01..2031-06-02"], "no version as of 2020-01-01"),
        (["keeping", "then..now"], "'then'"),
        (["nothing"], "no document 'nothing'"),
        ([], "DOCUMENT"),
    ],
)
def test_what_cannot_be_compared_ends_with_2_and_says_why(carnet: Carnet, args: list[str], said: str) -> None:
    shown = carnet("diff", *args)

    assert (shown.status, shown.out) == (2, "")
    assert said in shown.err


def test_a_file_that_cannot_be_written_is_named(carnet: Carnet, tmp_path: Path) -> None:
    shown = carnet("diff", "keeping", "--html", str(tmp_path / "absent" / "x.html"))

    assert shown.status == 3
    assert f"{tmp_path / 'absent' / 'x.html'}: No such file or directory" in shown.err


@pytest.mark.corpus
def test_the_founding_pages_change_has_its_counts(carnet: Carnet, bundle: Path) -> None:
    assert carnet("import", str(bundle), "--collection", "claude-code").status == 0

    shown = carnet("diff", "data-usage", "2026-04-22..2026-04-24", "--stat")

    assert shown.status == 1
    assert shown.out == "data-usage 2026-04-22 03:58 UTC to 2026-04-24 07:49 UTC · 13 added, 4 removed\n"


def test_a_file_without_a_name_is_refused(carnet: Carnet) -> None:
    assert carnet("diff", "keeping", "--html", "").status == 2
