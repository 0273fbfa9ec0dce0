"""Each page as a reader sees it, in a real Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.web.browser.conftest import Sight

pytestmark = pytest.mark.browser

TERMS = "/documents/heron/terms"
PAIR = f"{TERMS}/2026-04-01T0709..2026-04-03T0809"
HOSTILE = "/documents/heron/guides/%3Cb%3Ehostile%3C/b%3E"
PAGES = (
    "/",
    "/timeline/heron",
    "/timeline/kept",
    "/timeline/heron/2026-04-01..2026-04-03",
    TERMS,
    PAIR,
    f"{PAIR}?view=side",
    f"{PAIR}?view=changes",
    f"{TERMS}/2026-04-09..2026-04-11",
    f"{TERMS}/at/2026-04-03",
    f"{HOSTILE}/2026-04-01..2026-04-03",
    f"{HOSTILE}/at/2026-04-01",
    "/documents/heron/away/at/2026-04-21",
    "/documents/heron/never",
    "/documents/heron/held",
    "/documents/lark/data-usage",
    "/search?q=telemetry",
    "/search?q=pelican",
    "/about",
    "/matrix?as_of=2026-04-23",
    "/matrix?as_of=2026-08-22&provider=bedrock&env.DISABLE_TELEMETRY=1&org.zdr=?",
    "/explain/survey?as_of=2026-04-23",
    "/explain/errors?as_of=2026-08-22&provider=anthropic",
    "/flows?as_of=2026-08-22&provider=bedrock&env.DISABLE_TELEMETRY=1",
    "/documents/claude-code/data-usage/annotated/2026-04-23",
    "/documents/claude-code/data-usage/2026-04-01..2026-04-23",
)


SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLOURS = ("color-contrast", "link-in-text-block")
"""Rules of axe whose outcome may be another one in the dark."""
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sound_in_light_and_dark_wide_and_narrow(look: Callable[..., Sight], path: str) -> None:
    """No complaint, no blocked or foreign request, nothing serious by axe, no sideways scrolling."""
    sight = look()
    page = sight.open(path)
    assert page.locator("h1").count() == 1
    page.evaluate(UNFOLD)
    assert page.evaluate(SIDEWAYS) <= 0
    assert grave(page) == []
    page.emulate_media(color_scheme="dark")
    assert grave(page, *COLOURS) == []
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate(SIDEWAYS) <= 0
    sight.check()


def test_a_fault_is_a_page_as_sound_as_the_others(look: Callable[..., Sight]) -> None:
    sight = look()
    page = sight.open("/nowhere")
    assert grave(page) == []
    assert page.evaluate(SIDEWAYS) <= 0
    assert sight.strangers == []


def grave(page: Page, *rules: str) -> list[str]:
    """What axe finds serious or critical, by all of its rules or these."""
    options = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in Axe().run(page, options=options).response["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def test_dark_is_dark_and_light_is_light(look: Callable[..., Sight]) -> None:
    ink = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
    assert look().open("/").evaluate(ink) > 600
    assert look(dark=True).open("/").evaluate(ink) < 150


def test_print_leaves_the_document_and_takes_the_tools_away(look: Callable[..., Sight]) -> None:
    page = look().open(PAIR)
    page.emulate_media(media="print")
    assert page.locator(".sheet").is_visible()
    for tool in (".views", ".rail", ".find", ".foot"):
        assert not page.locator(tool).first.is_visible(), tool


def test_the_matrix_and_its_explanation_work_without_scripts(look: Callable[..., Sight]) -> None:
    page = look(scripts=False).open("/matrix?as_of=2026-04-23")
    page.get_by_text("Controls, account and client").click()
    page.get_by_label("DISABLE_TELEMETRY", exact=True).select_option("1")
    page.get_by_role("button", name="Show").first.click()
    assert page.url.endswith("/matrix?as_of=2026-04-23&env.DISABLE_TELEMETRY=1")
    page.get_by_role("link", name=re.compile("^off.*Session quality survey with Amazon Bedrock")).click()
    assert page.locator("h1").inner_text() == "Session quality survey: off"
    page.get_by_role("link", name="DISABLE_TELEMETRY unset").click()
    assert page.locator("h1").inner_text() == "Session quality survey: on"


def test_a_diagram_on_a_narrow_window_scrolls_within_its_own_frame(look: Callable[..., Sight]) -> None:
    page = look(width=375).open("/flows?as_of=2026-04-23&provider=anthropic")
    inside = page.locator(".picture").evaluate("(one) => one.scrollWidth - one.clientWidth")
    assert inside > 0
    assert page.evaluate(SIDEWAYS) <= 0


def test_notes_stand_beside_the_text_and_below_it_on_a_narrow_window(look: Callable[..., Sight]) -> None:
    page = look().open("/documents/claude-code/data-usage/annotated/2026-04-23")
    row = page.locator(".an-row.noted").first

    def tops() -> tuple[float, float]:
        boxes = (row.locator(part).bounding_box() for part in (".an-text", ".an-notes"))
        text, notes = ((box or {"y": 0.0})["y"] for box in boxes)
        return text, notes

    text, notes = tops()
    assert text == notes
    page.set_viewport_size({"width": 375, "height": 800})
    text, notes = tops()
    assert text < notes
