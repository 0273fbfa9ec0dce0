"""Line differences."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from carnet.documents.lines import Change, changes, count, numstat, shown, split
from tests.documents.conftest import Histories, git

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LINES = st.sampled_from(
    [b"a", b"b", b"c", b"", b" a", b"a\r", b"x\ry", b"\x00", b"\xff\xfe", "é".encode(), b"long " * 40]
)
TEXTS = st.tuples(st.lists(LINES, max_size=14), st.sampled_from([b"\n", b""])).map(lambda it: b"\n".join(it[0]) + it[1])


def by_git(folder: Path, pairs: Sequence[tuple[bytes, bytes]]) -> list[tuple[int, int]]:
    """Counts of `git diff --numstat`, all pairs in one process; the attribute says that no file is binary."""
    attributes = folder / "attributes"
    attributes.write_text("* diff\n")
    for side in ("old", "new"):
        (folder / side).mkdir(exist_ok=True)
    for index, (old, new) in enumerate(pairs):
        (folder / "old" / f"{index:05}").write_bytes(old)
        (folder / "new" / f"{index:05}").write_bytes(new)
    words = ["git", "-c", f"core.attributesFile={attributes}", "diff", "--no-index", "--numstat", "old", "new"]
    output = subprocess.run(words, cwd=folder, capture_output=True, check=False).stdout.decode()
    counted = {int(row.rpartition("/")[2].rstrip("}")): row.split("\t")[:2] for row in output.splitlines()}
    return [(int(counted[at][0]), int(counted[at][1])) if at in counted else (0, 0) for at in range(len(pairs))]


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])  # shrinking would take minutes
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=20, max_size=60))
def test_counts_are_those_of_git(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[bytes, bytes]]) -> None:
    assert by_git(tmp_path_factory.mktemp("pairs"), pairs) == [numstat(old, new) for old, new in pairs]


@given(TEXTS, TEXTS)
def test_shown_lines_add_up_to_the_counts(old: bytes, new: bytes) -> None:
    runs = changes(old, new)

    assert numstat(old, new) == (
        sum(run.new_end - run.new_start for run in runs),
        sum(run.old_end - run.old_start for run in runs),
    )


@given(TEXTS, TEXTS)
def test_applying_the_changes_to_the_old_text_gives_the_new_one(old: bytes, new: bytes) -> None:
    olds, news = split_ends(old), split_ends(new)
    built: list[bytes] = []
    at = 0
    for run in changes(old, new):
        built += olds[at : run.old_start] + news[run.new_start : run.new_end]
        at = run.old_end

    assert b"".join(built + olds[at:]) == new


def split_ends(text: bytes) -> list[bytes]:
    """Lines with their line feeds."""
    parts = text.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + [part for part in parts[-1:] if part]


@given(TEXTS)
def test_the_number_of_lines_for_people_is_the_number_that_is_counted(text: bytes) -> None:
    assert len(split(text)) == count(text)


def test_a_missing_final_newline_is_a_changed_line() -> None:
    assert numstat(b"a\nb", b"a\nb\n") == (1, 1)
    assert changes(b"a\nb", b"a\nb\n") == [Change(1, 2, 1, 2)]


def test_a_change_of_line_ends_changes_every_line() -> None:
    assert numstat(b"a\nb\n", b"a\r\nb\r\n") == (2, 2)


def test_a_lone_carriage_return_ends_no_line() -> None:
    assert numstat(b"a\rb\rc", b"a\rb\rd") == (1, 1)
    assert split(b"a\rb\n") == ["a\rb"]


def test_a_text_with_nul_bytes_is_counted_as_text() -> None:
    assert numstat(b"a\0\nb\n", b"a\0\nc\nd\n") == (2, 1)


def test_from_nothing_and_to_nothing_every_line_counts() -> None:
    assert numstat(b"", b"a\nb") == (2, 0)
    assert numstat(b"a\nb\n", b"") == (0, 2)
    assert numstat(b"", b"") == (0, 0)


def test_a_line_of_ten_megabytes_is_one_line() -> None:
    long = b"x" * 10_000_000

    assert numstat(b"a\n" + long, b"a\n" + long + b"y") == (1, 1)


def test_bytes_that_are_no_utf8_are_replaced_for_people_only() -> None:
    assert split(b"\xff\n") == ["\ufffd"]
    assert numstat(b"\xff\n", b"\xfe\n") == (1, 1)


def test_carriage_returns_are_made_visible() -> None:
    assert shown("a\r") == "a␍"


@pytest.mark.corpus
def test_counts_of_the_bundled_history_are_those_of_git(histories: Histories, clone: Path) -> None:
    expected: dict[tuple[str, str], tuple[int, int]] = {}
    commit = ""
    for row in git(clone, "log", "--numstat", "--format=:%H", "main").decode().splitlines():
        if row.startswith(":"):
            commit = row[1:]
        elif row:
            added, removed, name = row.split("\t")
            expected[commit, name.removesuffix(".md")] = int(added), int(removed)
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    shown_lines: dict[tuple[str, str], tuple[int, int]] = {}
    for name, history in histories.items():
        for old, new in zip([b"", *[past.text for past in history]], history, strict=False):
            runs = changes(old, new.text)
            counted[new.commit, name] = numstat(old, new.text)
            added_shown = sum(run.new_end - run.new_start for run in runs)
            shown_lines[new.commit, name] = added_shown, sum(run.old_end - run.old_start for run in runs)

    assert len(counted) == 740
    assert expected == counted
    assert expected == shown_lines
