"""A person who looks after records: from the sign-in link to a receipt in hand, on pages that are sound."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from carnet.accounts.keys import make_key
from carnet.records import holding
from carnet.records.receipts import receipt_faults
from carnet.settings import load
from carnet.stores import open_store
from carnet.web.admission import COOKIE, Admission
from carnet.web.app import make_app
from tests.records.kept import ACME, ANN, PAT, QUINN, Shelf
from tests.web.browser.conftest import Sight
from tests.web.browser.test_pages import COLOURS, SIDEWAYS, UNFOLD, grave
from tests.web.reported import HOSTILE, failed, measured, rated, wrote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.browser

LONG = "2026-review-of-everything/" + "x" * 80
PAGES = (
    "/records",
    f"/records?account={PAT}&kind=exchange",
    "/records?account=nobody@x.test",
    f"/records/sessions?org={ACME}&account={ANN}&session=s1",
    f"/records/sessions?account={PAT}&session={LONG}",
    "/records/sessions?session=same",
    f"/records/delete?account={ANN}",
    "/accounts/delete?org=people",
    "/holds",
    "/receipts",
    "/log",
    "/accounts",
    f"/accounts/organisation?org={ACME}",
    "/accounts/organisation?org=people",
    f"/accounts/account?email={PAT}",
    "/intake",
    "/intake/survey",
    "/intake/errors",
    "/intake/feedback",
    "/domains",
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[str, Shelf, Admission]]:
    """The pages over some records, on a port of their own."""
    settings = load({}, tmp_path / "none.toml").with_option("data", str(tmp_path / "office"))
    with closing(open_store(settings)) as store:
        shelf = Shelf(store.records, datetime.now(UTC)).settle()
        fill(shelf)
        admission = Admission()
        app = make_app(store, settings, admission=admission)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", shelf, admission
        server.should_exit = True
        thread.join(10)


def fill(shelf: Shelf) -> None:
    for number in range(6):
        shelf.kept("x" * 3000, ANN, f"s{number % 3}", repository="git@git.example:acme/web.git" if number > 4 else "")
        shelf.kept("words", PAT, LONG, kind="feedback", flow="feedback")
    shelf.kept("words", PAT, "same")
    shelf.kept("words", QUINN, "same")
    shelf.kept("5", QUINN, kind="rating", flow="survey")
    for rating in (3, 2, 1, "dismiss"):
        rated(shelf, rating, PAT)
    measured(shelf, "anthropic")
    failed(shelf, "tool.of.somebody.AVeryLongNameOfAnError" * 2, release="tool@1.2.3")
    wrote(shelf, "It stopped. " + HOSTILE, [{"role": "user", "content": "x" * 300 + HOSTILE}])
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "Case 17: until the tribunal decides", shelf.now)
    shelf.erase(session="s1", account=ANN)
    shelf.erase(account=QUINN)
    shelf.change(ACME, {"dpp": True}, {"inference": "days21"})


def window(look: Callable[..., Sight], base: str, *, scripts: bool = True) -> Sight:
    """A window on this server instead of the package's."""
    first = look(scripts=scripts)
    page = first.page
    sight = Sight(page, base, first.complaints)
    page.on("request", lambda r: None if r.url.startswith((base, "data:")) else sight.strangers.append(r.url))
    return sight


def signed_in(look: Callable[..., Sight], base: str, admission: Admission) -> Sight:
    sight = window(look, base)
    secret = str(admission.redeem(admission.issue()))
    sight.page.context.add_cookies([{"name": COOKIE, "value": secret, "url": base}])
    return sight


def test_from_the_link_to_a_receipt_without_a_script(
    look: Callable[..., Sight], office: tuple[str, Shelf, Admission]
) -> None:
    base, shelf, admission = office
    sight = window(look, base, scripts=False)
    page = sight.open(f"/sign-in?token={admission.issue()}")
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{base}/records"

    page.get_by_label("Account").fill(ANN)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="s0", exact=True).first.click()
    page.get_by_label("Hold it for a reason").fill("Case 18")
    page.get_by_role("button", name="Hold").click()
    assert "Held. Neither expiry nor deletion" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="Holds").click()
    assert page.locator("h1").inner_text() == "Holds"
    page.get_by_label("Release it for a reason").first.fill("over")
    page.get_by_role("button", name="Release s0").click()
    assert "Released." in page.get_by_role("status").inner_text()

    page.get_by_role("link", name="Accounts", exact=True).click()
    page.get_by_role("link", name=PAT).click()
    page.get_by_role("button", name="Turn off").click()
    assert "withdrawn, at once" in page.get_by_role("status").inner_text()
    assert not shelf.account(PAT).consent
    page.get_by_role("link", name="Delete the account…").click()
    page.get_by_role("button", name="Delete for good").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    answer = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert download.value.suggested_filename == f"carnet-receipt-{answer['receipt']}.json"
    assert (answer["records"], answer["scope"], receipt_faults(answer)) == (7, {"account": PAT}, [])
    assert shelf.store.directory.account(PAT) is None

    page.get_by_role("link", name="Receipts").first.click()
    page.get_by_label("The receipt").fill(json.dumps(answer))
    page.get_by_role("button", name="Look it over").click()
    assert "The receipt holds." in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("button", name="Check now").click()
    assert "All is as it was written." in page.get_by_role("status").inner_text()
    assert sight.complaints == []
    assert sight.strangers == []


def test_every_page_is_sound_in_light_and_dark_wide_and_narrow(
    look: Callable[..., Sight], office: tuple[str, Shelf, Admission]
) -> None:
    """No complaint, no blocked or foreign request, nothing serious by axe, no sideways scrolling."""
    base, _, admission = office
    sight = signed_in(look, base, admission)
    for path in PAGES:
        page = sight.open(path)
        assert page.locator("h1").count() == 1, path
        page.evaluate(UNFOLD)
        assert page.evaluate(SIDEWAYS) <= 0, path
        assert grave(page) == [], path
        page.emulate_media(color_scheme="dark")
        assert grave(page, *COLOURS) == [], path
        page.set_viewport_size({"width": 375, "height": 800})
        assert page.evaluate(SIDEWAYS) <= 0, path
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
    sight.complaints[:] = [one for one in sight.complaints if "404" not in one]  # of the filter that means nobody
    sight.check()


def test_a_receipt_is_as_sound_as_the_pages_before_it(
    look: Callable[..., Sight], office: tuple[str, Shelf, Admission]
) -> None:
    base, _, admission = office
    sight = signed_in(look, base, admission)
    for path in (f"/records/delete?account={ANN}", "/accounts/delete?org=people"):
        page = sight.open(path)
        page.get_by_role("button", name="Delete for good").click()
        assert page.get_by_text("Shown once.").is_visible()
        page.evaluate(UNFOLD)
        assert grave(page) == [], path
        page.emulate_media(color_scheme="dark")
        assert grave(page, *COLOURS) == [], path
        page.set_viewport_size({"width": 375, "height": 800})
        assert page.evaluate(SIDEWAYS) <= 0, path
    sight.check()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_report_is_opened_by_keyboard_and_is_sound(
    look: Callable[..., Sight], office: tuple[str, Shelf, Admission], width: int
) -> None:
    base, _, admission = office
    sight = signed_in(look, base, admission)
    page = sight.open("/intake/feedback")
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("link", name="Feedback ab12").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open it").wait_for()
    assert page.evaluate(SIDEWAYS) <= 0
    assert grave(page) == []
    page.get_by_role("button", name="Open it").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What they wrote", exact=True).wait_for()
    assert HOSTILE in page.inner_text("main")
    assert page.evaluate(SIDEWAYS) <= 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert grave(page) == []
    sight.check()


def test_a_person_goes_from_their_key_to_a_receipt_without_a_script(
    look: Callable[..., Sight], office: tuple[str, Shelf, Admission]
) -> None:
    base, shelf, _ = office
    _, key = make_key(shelf.store.api_keys, shelf.account(PAT), ("own",), None, "", shelf.now)
    sight = window(look, base, scripts=False)
    page = sight.open("/mine/session?session=same")
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Show").click()
    assert page.url == f"{base}/mine/session?session=same"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_bytes() == b"words"
    page.get_by_role("link", name="Delete the session…").click()
    page.get_by_role("button", name="Delete for good").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    assert receipt_faults(json.loads(Path(download.value.path()).read_text("utf-8"))) == []
    page.get_by_role("link", name="What is kept about you").click()
    page.get_by_role("button", name="Withdraw").click()
    assert "withdrawn, at once" in page.get_by_role("status").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").click()
    assert download.value.suggested_filename == "carnet-about-me.jsonl"
    assert not any(key in one["name"] + one["value"] for one in page.context.cookies())
    page.get_by_role("button", name="Sign out").click()
    assert page.url == f"{base}/mine/sign-in"
    assert sight.strangers == []


@pytest.mark.parametrize("width", [375, 1280])
def test_a_persons_own_pages_are_sound(
    look: Callable[..., Sight], office: tuple[str, Shelf, Admission], width: int
) -> None:
    base, shelf, _ = office
    _, key = make_key(shelf.store.api_keys, shelf.account(PAT), ("own",), None, "", shelf.now)
    sight = window(look, base)
    page = sight.open("/mine")
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate(SIDEWAYS) <= 0
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Show").click()
    for path in ("/mine", f"/mine/session?session={LONG}", f"/mine/delete?session={LONG}"):
        sight.open(path)
        page.evaluate(UNFOLD)
        assert page.evaluate(SIDEWAYS) <= 0, path
        assert grave(page) == [], path
    sight.check()
