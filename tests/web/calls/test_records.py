"""Records over the API: listed in pages, shown byte for byte, deleted with a receipt, held, exported."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from carnet.records.receipts import receipt_faults
from tests.records.kept import ACME, ANN, PAT, PEOPLE, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.web.conftest import Script

ALL = "/api/admin/records"
BODY = b"\x00bytes that are no text \xff<script>"


def test_they_are_listed_newest_first_in_pages_without_a_gap(script: Script, shelf: Shelf) -> None:
    made = [shelf.later(seconds=1).kept(f"{number}") for number in range(7)]
    path, found = f"{ALL}?limit=3", []
    while True:
        answer = script.json("GET", path)
        found += [row["id"] for row in answer["records"]]
        if answer["older"] is None:
            break
        path = f"{ALL}?limit=3&before={answer['older']}"
    assert found == made[::-1]


def test_filters_narrow_and_what_is_no_filter_is_refused(script: Script, shelf: Shelf) -> None:
    ann = shelf.kept(account=ANN, session="same", repository="r")
    pat = shelf.kept(account=PAT, session="same")
    said = shelf.kept(account=PAT, session="other", kind="feedback", flow="feedback")
    for query, wanted in (
        (f"org={ACME}", {ann}),
        (f"account={PAT}", {pat, said}),
        (f"account={PAT}&session=same", {pat}),
        ("session=same", {ann, pat}),
        ("repository=r", {ann}),
        ("kind=feedback", {said}),
    ):
        assert {row["id"] for row in script.json("GET", f"{ALL}?{query}")["records"]} == wanted, query
    for query, field in (
        ("kind=secrets", "kind"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("before=zz", "before"),
        ("acount=x", "acount"),
        ("account=a&account=b", "account"),
    ):
        assert script.refused("GET", f"{ALL}?{query}")[:2] == (400, field), query
    assert script.refused("GET", f"{ALL}?org={ACME}&account={PAT}")[0] == 400


def test_one_is_told_and_its_body_comes_as_it_was_put(script: Script, shelf: Shelf) -> None:
    record = shelf.kept(BODY)
    told = script.json("GET", f"{ALL}/{record}")
    assert (told["account"], told["retention"], told["bytes"]) == (ANN, "days30", len(BODY))
    answer = script("GET", f"{ALL}/{record}/body")
    assert answer.content == BODY
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    for path in ("0" * 32, "x", "..%2f..%2fetc"):
        assert script.refused("GET", f"{ALL}/{path}")[0] == 404
        assert script.refused("GET", f"{ALL}/{path}/body")[0] == 404
    shelf.later(days=40)
    assert script.refused("GET", f"{ALL}/{record}/body")[0] == 404


def test_stats_count_what_is_kept(script: Script, shelf: Shelf) -> None:
    shelf.kept()
    assert [(row["org"], row["records"]) for row in script.json("GET", f"{ALL}/stats")["rows"]] == [(ACME, 1)]


def test_a_deletion_gives_a_receipt_that_verifies_and_takes_nothing_else(script: Script, shelf: Shelf) -> None:
    gone, kept = shelf.kept(account=PAT, session="s1"), shelf.kept(account=PAT, session="s2")
    receipt = script.json("POST", f"{ALL}/delete", {"account": PAT, "session": "s1"})
    assert (receipt["records"], receipt["scope"]) == (1, {"session": "s1", "account": PAT})
    assert receipt_faults(receipt) == []
    assert shelf.ids() == {kept} != {gone}
    assert script.json("POST", "/api/admin/receipts/check", {"receipt": receipt}) == {"faults": [], "receipt": None}
    forged = {**receipt, "records": 2}
    assert script.json("POST", "/api/admin/receipts/check", {"receipt": forged})["faults"]
    assert [row["receipt"] for row in script.json("GET", "/api/admin/receipts")["receipts"]] == [receipt["receipt"]]
    assert PAT not in script("GET", "/api/admin/receipts").text


REFUSED: tuple[tuple[Any, ...], ...] = (
    ("delete", {}, 400, ""),
    ("delete", {"org": "", "account": ""}, 400, "org"),
    ("delete", {"acount": PAT}, 400, "acount"),
    ("delete", {"account": [PAT]}, 400, "account"),
    ("delete", {"account": None}, 400, "account"),
    ("delete", {"account": "nobody@x.test"}, 404, ""),
    ("delete", {"session": "same"}, 404, ""),
    ("delete", {"session": "never"}, 404, ""),
    ("delete?account=ann@acme.test", {}, 400, "account"),
    ("hold", {"session": "same", "account": PAT}, 400, "reason"),
    ("hold", {"session": "same", "account": PAT, "reason": "  "}, 400, "reason"),
    ("hold", {"session": "", "account": PAT, "reason": "why"}, 400, "session"),
    ("hold", {"session": "same", "account": PAT, "reason": "x" * 501}, 400, "reason"),
    ("hold", {"session": "same", "reason": "why"}, 404, ""),
    ("release", {"session": "same", "account": PAT, "reason": "why"}, 404, ""),
    ("export", {}, 400, ""),
    ("export", {"subject": PAT, "training": True}, 400, ""),
    ("export", {"subject": PAT, "purpose": "p"}, 400, ""),
    ("export", {"subject": "nobody@x.test"}, 404, ""),
)


def test_what_is_not_clearly_meant_is_refused_and_takes_nothing(script: Script, shelf: Shelf) -> None:
    both = {shelf.kept(account=PAT, session="same"), shelf.kept(account=QUINN, session="same")}
    for path, body, status, field in REFUSED:
        assert script.refused("POST", f"{ALL}/{path}", body)[:2] == (status, field), (path, body)
    assert shelf.ids() == both
    assert shelf.store.catalogue.holds() == []
    assert shelf.store.catalogue.works() == []


def test_what_is_held_stays_until_it_is_released_and_then_its_receipt_is_there(script: Script, shelf: Shelf) -> None:
    record = shelf.kept(account=PAT)
    held = script.json("POST", f"{ALL}/hold", {"account": PAT, "session": "s1", "reason": "Case 17"})
    assert [(one["account"], one["reason"]) for one in held["holds"]] == [(PAT, "Case 17")]
    assert script.json("GET", "/api/admin/holds") == held
    queued = script.json("POST", f"{ALL}/delete", {"account": PAT})
    assert (queued["state"], shelf.ids()) == ("queued", {record})
    told = script.json("POST", f"{ALL}/release", {"account": PAT, "session": "s1", "reason": "over"})
    assert ([one["receipt"] for one in told["receipts"]], told["left"]) == ([queued["receipt"]], False)
    assert shelf.ids() == set()
    whole = script.json("POST", "/api/admin/receipts/check", {"receipt": queued})["receipt"]
    assert receipt_faults(whole) == []


def test_exports_end_with_a_manifest_of_all_before_it_and_are_logged(script: Script, shelf: Shelf) -> None:
    shelf.kept("hello", PAT)
    shelf.kept("others", QUINN)
    before = shelf.store.catalogue.size()
    for body in ({"subject": PAT}, {"training": True}):
        answer = script("POST", f"{ALL}/export", body)
        *lines, last = answer.content.splitlines(keepends=True)
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert json.loads(last)["manifest"]["sha256"] == hashlib.sha256(b"".join(lines)).hexdigest()
        assert b"hello" in answer.content
        assert b"others" not in answer.content
    assert shelf.store.catalogue.size() == before + 2


def test_a_receipt_of_before_anything_was_erased_is_refused(script: Script) -> None:
    assert script.refused("POST", "/api/admin/receipts/check", {"receipt": {}})[0] == 400
    assert script.refused("POST", "/api/admin/receipts/check", {"receipt": "text"})[:2] == (400, "receipt")


def test_a_receipt_is_given_whatever_a_client_says_it_holds(script: Script, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    answer = script("POST", f"{ALL}/delete", {"account": PAT}, **{"If-None-Match": "*"})
    assert (answer.status_code, receipt_faults(answer.json())) == (200, [])


def test_an_organisations_records_can_be_erased_at_once(script: Script, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    shelf.kept(account=QUINN)
    kept = shelf.kept()
    assert script.json("POST", f"{ALL}/delete", {"org": PEOPLE})["records"] == 2
    assert shelf.ids() == {kept}


def test_a_body_handed_out_is_in_the_log(script: Script, keyed: Callable[..., Script], shelf: Shelf) -> None:
    record = shelf.kept("words", PAT)
    assert keyed(PAT)("GET", f"/api/mine/records/{record}/body").content == b"words"
    assert shelf.store.catalogue.size() == 0, "its holder leaves no trace"
    script.json("GET", f"/api/admin/records/{record}")
    assert shelf.store.catalogue.size() == 0, "no body"
    assert script("GET", f"/api/admin/records/{record}/body").content == b"words"
    ((_, told),) = shelf.store.catalogue.openings(10)
    assert told["details"] == {"record": record, "flow": "inference", "door": "api"}


def test_a_name_that_is_empty_is_not_taken_for_everybody(script: Script, shelf: Shelf) -> None:
    record = shelf.kept()
    for given in ({"org": ACME, "account": ""}, {"org": ACME, "session": ""}, {"org": "", "account": ANN}):
        status, field, _ = script.refused("POST", f"{ALL}/delete", given)
        assert (status, given[field]) == (400, "")
    assert script.refused("GET", f"{ALL}?org={ACME}&account=")[:2] == (400, "account")
    assert shelf.ids() == {record}
