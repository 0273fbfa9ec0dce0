from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from carnet.records.chronicle import commitment, entry_of, publish_log, signer, write
from carnet.records.log.verify import check_log
from tests.records.kept import ACME, ANN, NOW, Shelf

if TYPE_CHECKING:
    from pathlib import Path

details = st.dictionaries(
    st.text(max_size=5), st.one_of(st.none(), st.integers(), st.text(max_size=5), st.booleans()), max_size=3
)
salts = st.text("0123456789abcdef", min_size=1, max_size=4)


@given(salts, details, salts, details)
def test_a_commitment_says_one_thing(
    salt: str, one: dict[str, object], other_salt: str, other: dict[str, object]
) -> None:
    same = salt == other_salt and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (commitment(salt, one) == commitment(other_salt, other)) == same


def test_the_order_of_words_does_not_matter() -> None:
    assert commitment("s", {"a": 1, "b": 2}) == commitment("s", {"b": 2, "a": 1})


def test_an_entry_holds_a_commitment_and_names_nobody() -> None:
    entry = entry_of("erasure", NOW, "c0ffee")
    assert entry == b'{"at":"2026-04-01T09:30:00Z","commitment":"c0ffee","event":"erasure","v":1}'


def test_what_opens_an_entry_is_kept_beside_it(shelf: Shelf) -> None:
    told = write(shelf.store, "consent", NOW, {"model-improvement": "on"}, (1, 1))
    ((index, opening),) = shelf.store.catalogue.openings(10)
    assert index == told.index == 0
    assert opening == {
        "event": "consent",
        "at": "2026-04-01T09:30:00Z",
        "salt": told.salt,
        "details": {"model-improvement": "on"},
    }
    assert shelf.store.catalogue.entries(0, 1) == [told.entry]
    assert json.loads(told.entry)["commitment"] == commitment(told.salt, {"model-improvement": "on"})


def test_what_may_be_told_is_kept_without_its_salt(shelf: Shelf) -> None:
    told = write(shelf.store, "erasure", NOW, {"scope": "secret", "records": 3}, told={"records": 3}, salt="5a17")
    ((_, opening),) = shelf.store.catalogue.openings(10)
    assert opening == {"event": "erasure", "at": "2026-04-01T09:30:00Z", "records": 3}
    assert told.salt == "5a17"


def test_two_alike_are_salted_apart(shelf: Shelf) -> None:
    one, other = (write(shelf.store, "hold", NOW, {"reason": "court"}) for _ in range(2))
    assert one.entry != other.entry
    assert [one.index, other.index] == [0, 1]


def test_a_log_has_one_name_and_one_key(shelf: Shelf) -> None:
    first = signer(shelf.store, shelf.keyring)
    again = signer(shelf.store, Shelf(shelf.store).keyring)
    assert first.verifier.text() == again.verifier.text()
    assert first.verifier.text().startswith("carnet.log/")


def test_what_is_published_is_what_was_written(shelf: Shelf) -> None:
    for number in range(3):
        write(shelf.store, "hold", NOW, {"number": number})
        ours = publish_log(shelf.store, shelf.keyring)
        catalogue = shelf.store.catalogue
        assert check_log(shelf.store.objects, catalogue.entries, catalogue.size(), ours.verifier.text()) == []


def test_the_published_log_has_no_names_in_it(shelf: Shelf, data: Path) -> None:
    shelf.kept(session="session-of-somebody")
    shelf.change(ACME, {"dpp": True})
    shelf.consent(ANN, "on")
    shelf.erase(session="session-of-somebody")
    shelf.erase(account=ANN)
    entries = b"".join(shelf.store.catalogue.entries(0, shelf.store.catalogue.size()))
    published = b"".join(path.read_bytes() for path in (data / "objects").rglob("*") if path.is_file())
    assert shelf.store.catalogue.size() >= 4
    for name in (b"session-of-somebody", ANN.encode(), ACME.encode()):
        assert name not in entries
        assert name not in published
