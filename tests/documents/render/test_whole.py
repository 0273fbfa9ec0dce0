from __future__ import annotations

import itertools
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet.documents.render.document import document_html
from carnet.documents.render.whole import whole_html
from carnet.model.document import Media
from tests import make
from tests.documents.render.seen import faults, words
from tests.documents.render.test_document import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = st.sampled_from(
    [
        "# Kept",
        "## Sent",
        "Records are kept for 30 days.",
        "Records are kept for **60** days.",
        "See [the terms](https://pages.test/terms) first.",
        "* one\n* two\n* three",
        "* one\n* 2\n\n* three",
        "| Flow | State |\n|---|---|\n| metrics | on |\n| errors | off |",
        "| Flow | State | Since |\n|---|---|---|\n| metrics | off | May |\n| survey | on | June |",
        "```sh\nset A=1\nset B=2\n```",
        "```sh\nset A=1\nset B=3\n```",
        "<Note>\n  Mind this.\n</Note>",
        "<Warning>\n  Mind that.\n\n  And this.\n</Warning>",
        '<Tab title="Here">\n\n  Text.\n\n</Tab>',
        "> quoted words",
        "1. first\n2. second",
        "---",
        "<script>alert(1)</script>",
    ],
)
TEXTS = st.lists(BLOCKS, max_size=7).map("\n\n".join)
BROKEN = st.text(alphabet="a b\n\n*|-#>`<Note/>1.[]()", max_size=120)


def whole(old: str | bytes, new: str | bytes, media: Media | None = Media.MARKDOWN) -> str:
    return whole_html(*make.comparison(old, new), media)


def anchors(markup: str) -> list[str]:
    return re.findall(r'id="(c\d+)"', markup)


def obeys(old: bytes, new: bytes) -> None:
    """The laws of the whole view: either text can be read out of it, and every change has its place."""
    compared = make.comparison(old, new)
    markup = whole_html(*compared)
    assert words(markup, without="del") == words(document_html(new))
    assert words(markup, without="ins") == words(document_html(old))
    assert sorted(anchors(markup), key=lambda name: int(name[1:])) == [
        f"c{number}" for number in range(1, len(compared.comparison.hunks) + 1)
    ]
    assert faults(markup) == []


@given(TEXTS, TEXTS)
def test_either_text_can_be_read_out_of_their_comparison(old: str, new: str) -> None:
    obeys(old.encode(), new.encode())


@given(BROKEN, BROKEN)
@settings(max_examples=200)
def test_every_change_has_one_anchor_however_broken_the_text(old: str, new: str) -> None:
    compared = make.comparison(old, new)
    markup = whole_html(*compared)
    assert len(anchors(markup)) == len(set(anchors(markup))) == len(compared.comparison.hunks)
    assert words(markup, without="del") == words(document_html(new.encode()))
    assert faults(markup) == []


@pytest.mark.corpus
@pytest.mark.timeout(120)
def test_the_laws_hold_on_a_real_history(bundle: Path, tmp_path: Path) -> None:
    def git(*given: str) -> bytes:
        return subprocess.run(["git", *given], cwd=tmp_path, check=True, capture_output=True).stdout

    git("clone", "--quiet", "--bare", str(bundle), "history.git")
    for name in ("data-usage.md", "network-config.md", "security.md"):
        commits = git("--git-dir=history.git", "log", "--reverse", "--format=%h", "--", name).decode().split()
        texts = [git("--git-dir=history.git", "show", f"{commit}:{name}") for commit in commits]
        for old, new in itertools.pairwise(texts):
            obeys(old, new)


def test_a_changed_word_is_marked_in_its_paragraph() -> None:
    assert "kept for <del>30</del><ins>60</ins> days" in whole(
        "Kept. It is kept for 30 days.\n", "Kept. It is kept for 60 days.\n"
    )


def test_a_changed_cell_is_marked_in_its_table() -> None:
    head = "| Flow | State |\n|---|---|\n"
    markup = whole(f"{head}| metrics | on |\n| errors | on |\n", f"{head}| metrics | on |\n| errors | off |\n")
    assert markup.count("<table>") == 1
    assert "<td><del>on</del><ins>off</ins></td>" in markup
    assert "<td>metrics</td><td>on</td>" in markup


def test_a_new_column_is_added_to_each_row() -> None:
    markup = whole("| A | B |\n|---|---|\n| 1 | 2 |\n", "| A | New | B |\n|---|---|---|\n| 1 | x | 2 |\n")
    assert "<ins>New</ins>" in markup
    assert "<ins>x</ins>" in markup
    assert "<del>" not in markup


def test_a_changed_item_is_marked_in_its_list() -> None:
    markup = whole("* keep this\n* delete it after 30 days\n", "* keep this\n* delete it after 60 days\n")
    assert markup.count("<ul>") == 1
    assert "<del>30</del><ins>60</ins>" in markup


def test_a_removed_block_stands_where_it_stood() -> None:
    markup = whole("first\n\ngone away\n\nlast\n", "first\n\nlast\n")
    assert markup.index("first") < markup.index("<del>gone away</del>") < markup.index("last")


def test_changed_code_is_marked_within_its_line() -> None:
    markup = whole("```\nretries = 3\nstop\n```\n", "```\nretries = 5\nstop\n```\n")
    assert "retries = <del>3</del><ins>5</ins>\nstop" in markup


def test_a_moved_block_is_shown_as_moved_at_both_ends() -> None:
    moving = "This paragraph will move far away from where it was written first.\n\n"
    rest = "".join(f"Sentence number {number} stands in its place here.\n\n" for number in range(9))
    markup = whole(moving + rest, rest + moving)
    assert 'id="mf0" href="#mt18">moved to line 19</a>' in markup
    assert 'id="mt18" href="#mf0">moved from line 1</a>' in markup


def test_a_change_of_a_link_target_alone_is_told() -> None:
    markup = whole("See [terms](https://pages.test/a).\n", "See [terms](https://pages.test/b).\n")
    assert "link changed: https://pages.test/a → https://pages.test/b" in markup
    assert "cn-cosmetic" in markup


def test_padding_of_a_table_is_a_subdued_change() -> None:
    markup = whole("| A |\n|---|\n| b |\n", "| A   |\n|-----|\n| b   |\n")
    assert "cn-layout" in markup
    assert "<ins>" not in markup


def test_rows_that_were_only_padded_leave_the_anchor_to_the_row_that_changed() -> None:
    old = "| Flow | State |\n|---|---|\n| metrics | on |\n"
    markup = whole(old, old.replace("|---|---|", "|-----|-----|").replace("Flow", "Flow  ").replace("on", "off"))
    assert re.search(r'<tr class="cn-changed"><td><a class="cn-mark cn-changed-mark" id="c1"', markup)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\n\nb\n", "a\n\n\n\nb\n"),
        ("a\n", "a"),
        ("a\n\n[x]: https://pages.test/1\n", "a\n\n[x]: https://pages.test/2\n"),
        ("text\n", "text  \n"),
        ("a\r\n", "a\n"),
    ],
)
def test_a_change_is_never_invisible(old: str, new: str) -> None:
    assert anchors(whole(old, new)) == ["c1"]


def test_a_first_version_is_all_new() -> None:
    markup = whole("", "# A\n\ntext\n")
    assert words(markup, without="ins") == ""
    assert words(markup) == "Atext"


def test_a_deleted_document_is_all_gone() -> None:
    assert words(whole("# A\n\ntext\n", ""), without="del") == ""


def test_equal_texts_have_no_mark() -> None:
    assert "cn-mark" not in whole("# A\n", "# A\n")


def test_plain_text_is_compared_line_by_line() -> None:
    markup = whole("a\nkept for 30 days\nb\n", "a\nkept for 60 days\nb\n", Media.TEXT)
    assert markup.count("<pre") == 1
    assert "kept for <del>30</del> days" in markup
    assert "kept for <ins>60</ins> days" in markup
    assert anchors(markup) == ["c1"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("media", [Media.MARKDOWN, Media.TEXT])
def test_a_hostile_change_is_only_text(name: str, media: Media) -> None:
    text = HOSTILE[name]
    for old, new in ((b"", text), (text, b""), (b"a\n\n" + text, text + b"\nb\n")):
        assert faults(whole(old, new, media)) == []


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "old", [b"* a\n\n" * 4_000, b"[" * 50_000, b">" * 20_000 + b"a", b"a" * 10_000_000, b"x\n" * 60_000]
)
def test_texts_made_to_keep_a_comparison_busy_are_shown_all_the_same(old: bytes) -> None:
    new = old.replace(b"a", b"b") + b"\nend\n"
    assert "end" in whole(old, new)
