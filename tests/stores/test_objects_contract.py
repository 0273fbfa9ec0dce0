"""What every store of named bytes does; the one in memory that other tests use is held to it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.errors import NotFoundError
from tests.records.objects import MemoryObjects

if TYPE_CHECKING:
    from carnet.stores.contract import Store
    from carnet.stores.objects_contract import Objects

NAMES = [f"{folder}/{name}" for folder in ("a", "ab", "a.b", "log/x") for name in ("1", "2.p")]


@pytest.fixture(params=["of the store", "in memory"])
def objects(request: pytest.FixtureRequest, store: Store) -> Objects:
    return store.records.objects if request.param == "of the store" else MemoryObjects()


@pytest.mark.parametrize("content", [b"", b"words", bytes(range(256)) * 5000])
def test_bytes_come_back_as_they_were_put(objects: Objects, content: bytes) -> None:
    objects.put("bodies/days30-a/one", content)
    assert content == objects.get("bodies/days30-a/one")


def test_what_is_put_again_replaces_the_whole(objects: Objects) -> None:
    for data in (b"a long first one", b"short", b""):
        objects.put("log/checkpoint", data)
        assert data == objects.get("log/checkpoint")
    assert list(objects.names()) == ["log/checkpoint"]


@pytest.mark.parametrize("name", ["bodies/none", "bodies", "none"])
def test_an_object_that_is_not_there_is_said_so_by_name(objects: Objects, name: str) -> None:
    objects.put("bodies/one", b"words")
    with pytest.raises(NotFoundError, match=name):
        objects.get(name)


def test_what_is_deleted_is_gone_and_what_is_not_there_is_no_fault(objects: Objects) -> None:
    for name in ("a/1", "a/2"):
        objects.put(name, b"words")
    objects.delete(["a/1", "a/never", "nowhere/x"])
    objects.delete(["a/1"])
    objects.delete([])
    assert list(objects.names()) == ["a/2"]
    with pytest.raises(NotFoundError):
        objects.get("a/1")


def test_a_prefix_is_a_whole_part(objects: Objects) -> None:
    for name in NAMES:
        objects.put(name, b"words")
    assert sorted(objects.names("a")) == ["a/1", "a/2.p"]
    assert sorted(objects.names("log")) == ["log/x/1", "log/x/2.p"]
    assert sorted(objects.names("log/x")) == ["log/x/1", "log/x/2.p"]
    assert list(objects.names("b")) == []
    assert sorted(objects.names()) == sorted(NAMES)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.none() | st.binary(max_size=20)), max_size=10))
def test_it_is_a_table_of_names_and_bytes(objects: Objects, steps: list[tuple[str, bytes | None]]) -> None:
    objects.delete(NAMES)
    held: dict[str, bytes] = {}
    for name, data in steps:
        if data is None:
            objects.delete([name])
            held.pop(name, None)
        else:
            objects.put(name, data)
            held[name] = data
    assert held == {name: objects.get(name) for name in objects.names()}
