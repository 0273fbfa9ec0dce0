from __future__ import annotations

import io
import sys
from subprocess import run

import pytest

from carnet.documents.render.terminal import Style, print_comparison, style_for
from tests import make
from tests.documents.render.test_document import HOSTILE

LONG = "".join(f"line {number}\n" for number in range(40))


class Window(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(old: str | bytes, new: str | bytes, style: Style = Style.PLAIN) -> str:
    out = io.StringIO()
    print_comparison(*make.comparison(old, new), out, style=style)
    return out.getvalue()


def test_words_are_marked_in_signs() -> None:
    text = printed("It is kept for 30 days.\n", "It is kept for 60 days.\n")
    assert "- It is kept for [-30-] days.\n" in text
    assert "+ It is kept for {+60+} days.\n" in text


def test_it_begins_with_the_counts() -> None:
    assert printed("a\n", "b\n").splitlines()[0].endswith("· 1 added, 1 removed")


def test_unchanged_lines_fold_to_their_number() -> None:
    assert "  ... 37 unchanged lines\n" in printed(f"{LONG}old\n", f"{LONG}new\n")


def test_sections_are_named() -> None:
    assert "@ Kept  line 5\n" in printed("# T\n\n## Kept\n\nold words\n", "# T\n\n## Kept\n\nnew things\n")


def test_moved_lines_say_where() -> None:
    moving = "This paragraph will move far away from where it was written first.\n\n"
    rest = "".join(f"Sentence number {number} stands in its place here.\n\n" for number in range(9))
    text = printed(moving + rest, rest + moving)
    assert "(moved to line 19)" in text
    assert "(moved from line 1)" in text


def test_a_pipe_gets_every_character() -> None:
    line = "word " * 2_000 + "end"
    assert f"+ {line}\n" in printed("a\n", f"a\n{line}\n")


def test_a_window_gets_colours_and_whole_words() -> None:
    text = printed("kept for 30 days\n", "kept for 60 days\n", Style.COLOUR)
    assert "\x1b[" in text
    assert "[-30-]" in text


def test_square_brackets_are_no_markup_of_the_terminal_library() -> None:
    assert "[red]x[/red] :smile:" in printed("a\n", "a\n[red]x[/red] :smile:\n", Style.COLOUR)


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize(
    "hostile", [b"\x1b[2J\x1b]0;title\x07", b"\x9b31m", "\u202eabc".encode(), b"a\rb", b"\0\x08\x7f"]
)
def test_no_captured_control_reaches_the_terminal(hostile: bytes, style: Style) -> None:
    clean, text = printed("a\n", "a\nx\n", style), printed(b"a\n", b"a\n" + hostile + b"\n", style)
    signs = {sign for sign in text if not sign.isprintable()}
    assert signs <= {sign for sign in clean if not sign.isprintable()} | {"\n"}
    assert text.count("\x1b]") == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_printed_as_text(name: str) -> None:
    assert all(
        sign.isprintable() or sign in "\n\t"
        for sign in printed(b"a\n", HOSTILE[name])
        if sign not in "\ue000\ue001\uf8ff"
    )


def test_equal_texts_say_so() -> None:
    assert "The two texts are equal." in printed("a\n", "a\n")


def test_a_missing_line_end_is_told() -> None:
    assert "no line end" in printed("a\n", "a")


def test_colours_are_for_terminals_that_want_them() -> None:
    assert style_for(Window(), {}) is Style.COLOUR
    assert style_for(Window(), {"NO_COLOR": "1"}) is Style.PLAIN
    assert style_for(Window(), {"TERM": "dumb"}) is Style.PLAIN
    assert style_for(io.StringIO(), {}) is Style.PLAIN


def test_printing_to_a_pipe_loads_no_terminal_library() -> None:
    code = (
        "import sys, carnet.documents.render.terminal; sys.exit('rich' in sys.modules or 'markdown_it' in sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
