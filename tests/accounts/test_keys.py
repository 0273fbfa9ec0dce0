"""Keys: told from anything else without the store, and judged so that a wrong one learns nothing."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.accounts.keys import (
    LENGTH,
    PATTERN,
    UNKNOWN,
    Refusal,
    Shown,
    digest_of,
    foreign,
    id_named,
    judge,
    key_id,
    last_moment,
    make_key,
    presented,
    standing,
)
from carnet.errors import AlreadyThereError, CarnetError, FieldError
from carnet.model.account import SCOPES, Account, ApiKey, Caller, Organisation

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ACME = Organisation(1, "acme", "commercial", "enterprise", NOW)
ANN = Account(1, 1, "ann@acme.test", "", NOW)
LOGIN = "sk-ant-oat01-" + "x" * 80
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwYXQifQ.c2lnbmF0dXJl"


class Drawer:
    """Where `make_key` puts keys."""

    def __init__(self) -> None:
        self.keys: dict[str, ApiKey] = {}

    def add(self, key: ApiKey) -> None:
        if key.id in self.keys:
            raise AlreadyThereError(key.id)
        self.keys[key.id] = key


def made(
    scopes: Sequence[str] = SCOPES, expires: datetime | None = None, name: str = "", account: Account = ANN
) -> tuple[ApiKey, str]:
    return make_key(Drawer(), account, scopes, expires, name, NOW)  # type: ignore[arg-type]


def drawn(chance: bytes) -> tuple[ApiKey, str]:
    return make_key(Drawer(), ANN, SCOPES, None, "", NOW, lambda size: chance[:size])  # type: ignore[arg-type]


@given(st.binary(min_size=32, max_size=32))
def test_every_key_has_its_form_and_is_known_by_its_id(chance: bytes) -> None:
    key, text = drawn(chance)
    assert len(text) == LENGTH
    assert re.fullmatch(r"ck_[a-z2-7]{8}_[0-9A-Za-z]{46}", text)
    assert key_id(text) == key.id
    assert key.digest == hashlib.sha256(text.encode()).digest()
    assert text[12:] not in repr(key)
    assert key.digest.hex() not in repr(key)


@given(st.binary(min_size=32, max_size=32), st.integers(0, LENGTH - 1), st.characters(codec="ascii"))
def test_one_wrong_character_is_told_without_the_store(chance: bytes, place: int, other: str) -> None:
    _, text = drawn(chance)
    mistyped = text[:place] + other + text[place + 1 :]
    assert (key_id(mistyped) is None) == (mistyped != text)


@given(st.binary(min_size=32, max_size=32), st.integers(0, LENGTH - 2))
def test_two_characters_in_the_wrong_order_are_told_too(chance: bytes, place: int) -> None:
    _, text = drawn(chance)
    turned = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert (key_id(turned) is None) == (turned != text)


@given(st.text())
def test_no_text_breaks_the_reading_of_keys(text: str) -> None:
    assert key_id(text) is None
    assert isinstance(presented([text]), Refusal)


def test_a_key_has_more_than_230_bits_of_chance_and_no_two_are_alike() -> None:
    assert 62**40 > 2**230
    assert len({made()[1] for _ in range(200)}) == 200


def test_a_key_may_do_what_it_was_made_for_and_no_more() -> None:
    key, text = made(["relay"])
    caller = Caller(key, ANN, ACME)
    assert judge(caller, digest_of(text), "relay", NOW) is None
    refused = judge(caller, digest_of(text), "own", NOW)
    assert refused
    assert (refused.reason, refused.status) == ("scope", 403)
    assert "is for relay; this needs one for own" in refused.sentence


def test_expired_revoked_and_closed_are_told_to_whoever_has_the_key() -> None:
    key, text = made(expires=NOW + timedelta(days=1))
    caller = Caller(key, ANN, ACME)
    late = NOW + timedelta(days=1, microseconds=1)
    ways = {
        "expired": (caller, late),
        "revoked": (replace(caller, key=replace(key, revoked=NOW)), NOW),
        "closed": (replace(caller, account=replace(ANN, closed=True)), NOW),
    }
    for reason, (one, at) in ways.items():
        refused = judge(one, digest_of(text), "relay", at)
        assert refused
        assert refused.reason == reason == standing(one, at)
        assert judge(one, digest_of(made()[1]), "relay", at) is UNKNOWN, "a wrong key learns nothing"
    assert judge(replace(caller, organisation=replace(ACME, closed=True)), digest_of(text), "relay", NOW)
    assert judge(caller, digest_of(text), "relay", NOW + timedelta(days=1)) is None
    assert standing(caller, NOW) == "valid"


@given(st.binary(max_size=64))
def test_no_other_digest_opens(digest: bytes) -> None:
    key, _ = made()
    assert judge(Caller(key, ANN, ACME), digest, "relay", NOW) is UNKNOWN
    assert judge(None, digest, "relay", NOW) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LOGIN, "login token of the vendor's"),
        (LOGIN.upper(), "login token of the vendor's"),
        ("sk-ant-sid01-abc", "login token of the vendor's"),
        ("sk-ant-api03-abc", "API key of the vendor's"),
        (JWT, "a JWT"),
    ],
)
def test_somebody_elses_credential_is_refused_and_not_repeated(text: str, words: str) -> None:
    for shown in ([text], [f"Bearer {text}"], [made()[1], text]):
        refused = presented(shown)
        assert isinstance(refused, Refusal)
        assert refused.reason == "foreign"
        assert words in refused.sentence
        assert "ck_" in refused.sentence
        assert text not in f"{refused}"
    assert foreign(made()[1]) is None


def test_a_key_may_stand_in_either_header_or_in_both() -> None:
    key, text = made()
    for shown in ([text], [f"Bearer {text}"], [f"bearer  {text} ", text], ["", text]):
        assert presented(shown) == Shown(key.id, key.digest)
    assert text not in repr(presented([text]))


def test_no_key_two_keys_and_no_bearer_are_told_apart() -> None:
    reasons = [presented(shown) for shown in ([], [""], ["Bearer "], [made()[1], made()[1]], ["Basic YTpi"])]
    assert [one.reason for one in reasons if isinstance(one, Refusal)] == [
        *("missing", "missing", "missing"),
        *("two", "mistyped"),
    ]


def test_what_a_key_cannot_be_made_with_is_refused() -> None:
    with pytest.raises(CarnetError, match="root is not among relay, intake, own"):
        made(["relay", "root"])
    with pytest.raises(CarnetError, match="none is not among"):
        made([])
    with pytest.raises(CarnetError, match="past already"):
        made(expires=NOW)
    with pytest.raises(CarnetError, match="printable"):
        made(name="a\nb")
    with pytest.raises(CarnetError, match="is being deleted"):
        made(account=replace(ANN, closed=True))


@pytest.mark.parametrize("text", ["soon", "2027-13-45", "9999-12-31", "99999999999999d", "-1d", ""])
def test_an_end_that_is_none_is_told_with_its_option(text: str) -> None:
    with pytest.raises(FieldError) as caught:
        last_moment(text, NOW)
    assert caught.value.field == "expires"


@pytest.mark.parametrize("secret", [LOGIN, JWT, "ck_abcdefgh_" + "0" * 46])
def test_a_secret_given_as_a_name_is_not_kept(secret: str) -> None:
    with pytest.raises(CarnetError, match="not a name for one") as caught:
        made(name=secret[:100])
    assert secret not in str(caught.value)


def test_an_id_is_taken_out_of_whatever_holds_it() -> None:
    key, text = made()
    assert {id_named(one) for one in (key.id, f"ck_{key.id}", text, f" {text[:20]} ")} == {key.id}
    with pytest.raises(CarnetError) as caught:
        id_named(LOGIN)
    assert LOGIN not in str(caught.value)


def test_the_pattern_for_scanners_is_the_one_keys_have() -> None:
    assert PATTERN.search(f"export ANTHROPIC_AUTH_TOKEN={made()[1]} # mine")
