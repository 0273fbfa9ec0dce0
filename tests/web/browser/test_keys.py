"""What the one small script adds, and that pages work without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.web.browser.conftest import Sight

pytestmark = pytest.mark.browser

TERMS = "/documents/heron/terms"
PAIR = f"{TERMS}/2026-04-01T0709..2026-04-03T0809"


def test_j_and_k_step_through_the_changes(look: Callable[..., Sight]) -> None:
    sight = look()
    page = sight.open(PAIR)
    focus = "document.activeElement.id"
    seen = []
    for key in ("j", "j", "j", "k", "k"):
        page.keyboard.press(key)
        seen.append(page.evaluate(focus))
    assert seen == ["c1", "c2", "c2", "c1", "c1"]
    sight.check()


def test_j_and_k_step_through_the_entries_of_a_timeline(look: Callable[..., Sight]) -> None:
    page = look().open("/timeline/heron")
    focused = "document.activeElement.textContent"
    page.keyboard.press("j")
    assert page.evaluate(focused) == "Tue 21 07:09"
    page.keyboard.press("j")
    assert page.evaluate(focused) == "Sat 11 12:09"
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/timeline/heron/2026-04-11T1209..2026-04-21T0709")


def test_n_and_p_walk_from_pair_to_pair(look: Callable[..., Sight]) -> None:
    page = look().open(f"{TERMS}/2026-04-03T0809..2026-04-05T0909")
    page.keyboard.press("n")
    page.wait_for_url("**/2026-04-05T0909..2026-04-07T1009")
    page.keyboard.press("p")
    page.wait_for_url("**/2026-04-03T0809..2026-04-05T0909")


def test_keys_do_nothing_while_a_person_writes(look: Callable[..., Sight]) -> None:
    page = look().open(PAIR)
    page.keyboard.press("/")
    page.keyboard.type("jkn")
    assert page.locator("#find").input_value() == "jkn"
    assert page.url.endswith(PAIR)


@pytest.mark.parametrize("scripts", [True, False])
def test_any_two_entries_can_be_chosen(look: Callable[..., Sight], scripts: bool) -> None:  # noqa: FBT001
    page = look(scripts=scripts).open(TERMS)
    page.locator("input[name=old][value='2026-04-01T0709']").check()
    page.locator("input[name=new][value='2026-04-11T1209']").check()
    page.get_by_role("button", name="Compare the two").click()
    page.wait_for_url(f"**{TERMS}/2026-04-01T0709..2026-04-11T1209")
    assert page.locator("h1").inner_text() == "terms 2026-04-01 07:09 UTC to 2026-04-11 12:09 UTC · 7 added, 2 removed"


def test_the_newer_choice_pushes_the_older_one_down(look: Callable[..., Sight]) -> None:
    page = look().open("/timeline/heron")
    page.locator("input[name=new][value='2026-04-03T0809']").check()
    assert page.locator("input[name=old]:checked").get_attribute("value") == "2026-04-01T0709"
    assert page.locator("[data-chosen]").count() == 2


def test_an_instant_says_the_reader_s_own_time_on_hover(look: Callable[..., Sight]) -> None:
    page = look().open(PAIR)
    time = page.locator("h1 time").first
    assert time.get_attribute("title") is None
    time.hover()
    assert "2026" in (time.get_attribute("title") or "")


def test_a_hostile_document_is_inert(look: Callable[..., Sight]) -> None:
    sight = look()
    page = sight.open("/documents/heron/guides/%3Cb%3Ehostile%3C/b%3E/at/2026-04-01")
    assert "window.pwned = 1" in page.locator(".sheet").inner_text()
    assert page.locator(".sheet a[href^=javascript], .sheet a[href^=data], .sheet img, .sheet iframe").count() == 0
    assert page.locator(".sheet").is_visible()
    sight.check()
