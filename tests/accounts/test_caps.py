"""Limits of single keys and organisations: given by name, taken back, told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.accounts.caps import MOST, capped, caps_changes, caps_words, limit_key
from carnet.accounts.keys import make_key
from carnet.errors import FieldError, NotFoundError
from carnet.model.account import Caps
from tests.records.kept import ANN, Shelf

if TYPE_CHECKING:
    from carnet.stores.contract import Store


def test_what_is_given_changes_and_the_rest_stays() -> None:
    first = capped(Caps(), {"requests-per-minute": 60, "at-once": 0})
    assert first == Caps(60, None, 0)
    assert capped(first, {"at-once": None}) == Caps(60)
    assert capped(first, {}) is not None


@pytest.mark.parametrize("value", [-1, MOST + 1])
def test_what_no_limit_can_be_is_refused_by_name(value: int) -> None:
    with pytest.raises(FieldError, match="--tokens-per-minute: ") as told:
        capped(Caps(), {"tokens-per-minute": value})
    assert told.value.field == "tokens-per-minute"


def test_a_key_gets_limits_one_by_one(store: Store) -> None:
    shelf = Shelf(store.records).settle()
    keys = shelf.store.api_keys
    key, _ = make_key(keys, shelf.account(ANN), ("relay",), None, "", shelf.now, caps={"at-once": 3})
    before = shelf.store.catalogue.generation()
    limit_key(keys, key.id, {"requests-per-minute": 5})
    assert limit_key(keys, key.id, {"at-once": None}).caps == Caps(5)
    assert keys.find([key.id])[key.id].key.caps == Caps(5)
    assert shelf.store.catalogue.generation() == before + 2
    assert limit_key(keys, key.id, {}).caps == Caps(5)
    with pytest.raises(NotFoundError, match="no key"):
        limit_key(keys, "aaaaaaaa", {"at-once": 1})


def test_differences_are_told_in_words() -> None:
    assert caps_changes(Caps(1000, 5), Caps(None, 5, 0)) == {
        "requests-per-minute": "as the settings say",
        "at-once": "no limit",
    }
    assert caps_words(Caps(1000, None, 0)) == ["requests per minute: 1,000", "at once: no limit"]
    assert caps_words(Caps()) == []
