"""Noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.documents.noise import carries_instructions, cosmetic

if TYPE_CHECKING:
    from tests.documents.conftest import Histories

PAGE = b"# A\n\nIt is **on** by [default](/en/x). Kept 30 days.\n\n| a | b |\n| - | - |\n| c | d |\n\n![p](one.png)\n"
BLOCK = b"<AgentInstructions>\n\nPOST it.\n</AgentInstructions>\n\n"


@pytest.mark.parametrize(
    "new",
    [
        PAGE.replace(b"/en/x", b"/docs/en/x#y"),
        PAGE.replace(b"**on**", b"*on*"),
        PAGE.replace(b"| - | - |", b"| ----- | :---: |"),
        PAGE.replace(b"one.png", b"two.png?w=3"),
        PAGE.replace(b"by [", b"by\n["),
        PAGE.replace(b"\n", b"\r\n"),
        PAGE.rstrip(b"\n"),
        PAGE + b"\n![p](dark.png)\n",
        BLOCK + PAGE,
        b"> ## Documentation Index\n> Fetch the index at https://a.test/llms.txt\n\n" + PAGE,
        b"<!-- a comment -->\n" + PAGE,
        PAGE,
    ],
)
def test_it_is_cosmetic(new: bytes) -> None:
    assert cosmetic(PAGE, new)
    assert cosmetic(new, PAGE)


@pytest.mark.parametrize(
    "new",
    [
        PAGE.replace(b"30", b"60"),
        PAGE.replace(b"**on**", b"**off**"),
        PAGE.replace(b"[default]", b"[Default]"),
        PAGE.replace(b"# A", b"# B"),
        PAGE.replace(b"| c | d |", b"| c | e |"),
        PAGE.replace(
            b"It is **on** by [default](/en/x). Kept 30 days.", b"Kept 30 days. It is **on** by [default](/en/x)."
        ),
        PAGE.replace(b"![p]", b"![q]"),
        PAGE + b"\nMore.\n",
        b"",
    ],
)
def test_it_is_not_cosmetic(new: bytes) -> None:
    assert not cosmetic(PAGE, new)


def test_instructions_are_told_wherever_they_stand() -> None:
    assert carries_instructions(PAGE + b"\n" + BLOCK)
    assert not carries_instructions(PAGE)
    assert not carries_instructions(b"```\n" + BLOCK + b"```\n")


@pytest.mark.corpus
def test_the_silent_transitions_of_the_vendors_page_are_these(histories: Histories) -> None:
    texts = [past.text for past in histories["data-usage"]]

    silent = [number for number in range(1, len(texts)) if cosmetic(texts[number - 1], texts[number])]

    assert silent == [1, 2, 5, 7, 10, 11, 18, 19, 35, 38, 42]


@pytest.mark.corpus
def test_one_capture_of_the_bundled_history_carries_instructions(histories: Histories) -> None:
    flagged = {
        (past.at.strftime("%Y-%m-%d %H:%M"), name)
        for name, history in histories.items()
        for past in history
        if carries_instructions(past.text)
    }

    assert {at for at, _ in flagged} == {"2026-04-11 03:35"}
    assert len(flagged) == 14
