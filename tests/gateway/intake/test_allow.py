"""The allow-list: what it names passes, whatever else there is does not, and is counted without its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.errors import CarnetError
from carnet.gateway.intake.allow import OWN, Sieve, allow_of
from carnet.gateway.intake.sifting import MOST_ELEMENTS, Shape
from carnet.gateway.intake.words import CHECKS
from tests.gateway.intake.ground import CANARY

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.gateway.intake.contract import Means


@pytest.fixture
def sieve(means: Means) -> Sieve:
    return Sieve(means.allow, means.prints)


def test_only_what_the_list_names_passes(sieve: Sieve) -> None:
    shape: Shape = {"a": "number", "b": {"c": "word"}, "d": [{"e": "id"}]}
    value = {"a": 1, "b": {"c": "x", "z": 1}, "d": [{"e": "a" * 32}, {"e": "/x"}, 5], "prompt": CANARY}
    assert sieve.kept(shape, value, "t") == {"a": 1, "b": {"c": "x"}, "d": [{"e": "a" * 32}, {}]}
    assert sieve.dropped == {"t.b.*": 1, "t.d[].e": 1, "t.d[]": 1, "t.prompt": 1}


def test_a_name_that_could_be_anything_is_not_told(sieve: Sieve) -> None:
    sieve.kept({"a": "number"}, {CANARY: 1, f"/home/{CANARY}": 2}, "t")
    sieve.attributes([(CANARY, 1), ("prompt", CANARY)], "t")
    assert sieve.dropped == {"t.*": 3, "t.prompt": 1}


def test_many_names_are_one_count(sieve: Sieve) -> None:
    sieve.attributes(((f"k{number}", 1) for number in range(200_000)), "t")
    assert sieve.dropped == {"t.*": 200_000}


@pytest.mark.parametrize("value", [None, 1, "text", [], {}, True, [[[]]], {"values": {"values": 5}}])
def test_another_form_than_the_list_has_keeps_nothing_and_breaks_nothing(sieve: Sieve, value: object) -> None:
    for name, shape in sieve.allow.trees.items():
        assert sieve.kept(shape, value, name) in ({}, None)


def test_a_list_is_kept_to_its_bound(sieve: Sieve) -> None:
    assert sieve.kept(["number"], [1] * (MOST_ELEMENTS + 5), "t") == [1] * MOST_ELEMENTS
    assert sieve.dropped == {"t[]": 5}


def test_a_print_stands_for_its_text_and_a_module_only_for_ours(sieve: Sieve) -> None:
    shape = {"p": "print", "m": "vendor"}
    kept = sieve.kept(shape, {"p": CANARY, "m": "carnet.web.app"}, "t")
    assert kept == {"p": sieve.prints.of(CANARY), "m": "carnet.web.app"}
    assert sieve.kept(shape, {"p": 5, "m": "carnetlike.app"}, "t") == {}


def test_typed_attributes_are_read_by_their_value(sieve: Sieve) -> None:
    value = {"model": {"value": "claude-x", "type": "string"}, "prompt": {"value": CANARY}, "type": "word"}
    assert sieve.typed(value, "t") == {"model": "claude-x", "type": "word"}


def test_every_kind_in_the_list_is_one_that_there_is() -> None:
    allow = allow_of()
    assert set(allow.attributes.values()) <= set(CHECKS.values())
    assert {"event", "session", "statsig"} <= set(allow.trees)
    assert not {"print", "vendor"} - set(OWN)


def test_a_file_of_ones_own_adds(tmp_path: Path) -> None:
    file = tmp_path / "allow.toml"
    file.write_text('namespaces = ["acme"]\n[attributes]\n"acme.plan" = "word"\n[event.tags]\nregion = "word"\n')
    allow = allow_of(str(file))
    assert "acme." in allow.namespaces
    assert "carnet." in allow.namespaces
    assert "acme.plan" in allow.attributes
    assert "model" in allow.attributes
    assert "tags" in allow.trees["event"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[attributes]\n"a" = "anything"', "no kind of value"),
        ('[attributes]\n"a" = "print"', "no kind of value"),
        ('[attributes]\n"model" = "number"', "changes nothing"),
        ("[event]\nexception = 5", "changes nothing"),
        ("[event.x]\ny = 5", "event.x.y"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_name(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "allow.toml"
    file.write_text(text)
    with pytest.raises(CarnetError, match=says) as fault:
        allow_of(str(file))
    assert str(file) in str(fault.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CarnetError, match=r"intake\.allow"):
        allow_of(str(tmp_path / "none.toml"))
