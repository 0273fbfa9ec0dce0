from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.records import holding
from carnet.web.log_words import told
from tests.records.kept import ACME, ANN, PAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.records.kept import Shelf

AT = {"at": "2026-04-01T09:30:00Z", "salt": "do-not-tell"}


@pytest.mark.parametrize(
    ("opening", "words"),
    [
        ({"event": "hold", "details": {"session": "s", "repository": "r", "reason": "x"}}, "Held session s in r: x"),
        ({"event": "release", "details": {"session": "s1", "repository": "", "reason": "x"}}, "Released session s1: x"),
        ({"event": "erasure", "of": ["account"], "sessions": 1, "records": 2, "bytes": 9},
         "Erased by account: 1 session, 2 records, 9 bytes"),
        ({"event": "consent", "details": {"model-improvement": "off"}}, "Consent to model improvement: off"),
        ({"event": "zdr", "details": {"value": "on"}}, "Zero data retention: on"),
        ({"event": "keep", "details": {"value": "inference=days7"}}, "An organisation keeps inference: days7"),
        ({"event": "expiry", "details": {"partition": "days30-2026-05-01"}},
         "Ended: everything kept under days30 until 2026-05-01"),
        ({"event": "export", "details": {"subject": "ann@acme.test"}}, "Exported everything about ann@acme.test"),
        ({"event": "export", "details": {"purpose": "any"}}, "Exported for training: any"),
        (
            {"event": "reading", "details": {"record": "6b05", "flow": "feedback", "door": "page"}},
            "Read by a page (feedback): record 6b05",
        ),
        ({"event": "rotation", "details": {"keys": 3}}, "New key of an organisation; 3 session keys wrapped"),
        ({"event": "something-new"}, "something-new"),
    ],
)  # fmt: skip
def test_an_entry_in_words(opening: Mapping[str, object], words: str) -> None:
    one = told(7, {**AT, **opening})
    assert (one.index, one.at, one.words) == (7, AT["at"], words)


def test_everything_the_records_log_has_words_and_no_salt(shelf: Shelf) -> None:
    shelf.kept(session="s1")
    shelf.kept(session="s2", account=PAT)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    holding.release(shelf.store, shelf.keyring, shelf.sessions("s1"), "over", shelf.now)
    shelf.consent(PAT, "off")
    shelf.change(ACME, {"dpp": True, "zdr": True, "product-feedback": False}, {"inference": "days7"})
    shelf.erase(account=ANN)
    shelf.later(days=60).keep()
    openings = shelf.store.catalogue.openings(50)
    salts = {str(words["salt"]) for _, words in openings if "salt" in words}
    for index, words in openings:
        one = told(index, words)
        assert one.words != one.event
        assert not any(salt in one.words for salt in salts)
