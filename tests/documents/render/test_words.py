from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.inline import Atom, Wrap, html_of
from carnet.documents.render.words import DELETED, INSERTED, marked, marked_all, steps, tokens_of

TEXTS = st.lists(st.sampled_from(["a", "b", "we", "keep", "30", " ", ",", "days"]), max_size=25)


def html(old: str, new: str) -> str:
    return html_of(marked([Atom(old)], [Atom(new)]))


def test_a_changed_word_is_marked_and_no_other() -> None:
    assert html("kept for 30 days", "kept for 60 days") == "kept for <del>30</del><ins>60</ins> days"


def test_matches_scattered_between_changes_are_joined() -> None:
    assert (
        html("the red of it stays", "a blue of them stays") == "<del>the red of it</del><ins>a blue of them</ins> stays"
    )


def test_a_joined_change_gives_back_what_both_sides_share() -> None:
    assert html("In order to use", "To use") == "<del>In order to</del><ins>To</ins> use"


def test_words_that_only_became_bold_are_marked_as_formatting() -> None:
    bold = Wrap("<strong>", "</strong>")
    drawn = html_of(marked([Atom("a")], [Atom("a", (bold,))]))
    assert drawn == '<strong><span class="cn-restyled" title="formatting changed">a</span></strong>'


def test_a_link_that_goes_elsewhere_says_so() -> None:
    old, new = Wrap("<i>", "</i>", "/one"), Wrap("<i>", "</i>", "/two")
    assert "link changed: /one → /two" in html_of(marked([Atom("a", (old,))], [Atom("a", (new,))]))


def test_texts_too_long_to_compare_are_replaced_whole() -> None:
    old, new = ["a"] * 30_000, ["b"] * 30_000
    assert len(steps(old, new)) == 1


def test_a_break_is_one_token() -> None:
    assert len(tokens_of([Atom("\n", (), "<br>"), Atom("a b")])) == 4


def test_a_mark_goes_innermost() -> None:
    bold = Wrap("<strong>", "</strong>")
    assert marked_all([Atom("a", (bold,))], INSERTED)[0].wraps == (bold, INSERTED)


@given(TEXTS, TEXTS)
def test_taking_the_marks_either_way_gives_either_text(old: list[str], new: list[str]) -> None:
    run = list(marked([Atom("".join(old))], [Atom("".join(new))]))
    assert "".join(atom.text for atom in run if DELETED not in atom.wraps) == "".join(new)
    assert "".join(atom.text for atom in run if INSERTED not in atom.wraps) == "".join(old)


@given(TEXTS, TEXTS)
def test_steps_cover_both_sides_in_order(old: list[str], new: list[str]) -> None:
    found = steps(old, new)
    assert [at for step in found for at in range(*step.old)] == list(range(len(old)))
    assert [at for step in found for at in range(*step.new)] == list(range(len(new)))
    assert all(old[slice(*step.old)] == new[slice(*step.new)] for step in found if step.equal)
