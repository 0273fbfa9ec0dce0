"""Shapes of settings."""

from __future__ import annotations

import pytest

from carnet.agent.layout import Shape
from carnet.agent.shapes import KINDS, env_text, fits, wanted

from .homes import claude

FITTING = [
    ("flag", True), ("flag or object", {}), ("text", ""), ("texts", ["a"]), ("rules", [1]), ("text or texts", "a"),
    ("any text or texts", ""), ("count", 1), ("whole", 0), ("rate", 0), ("rate", 0.5), ("rate", 1), ("share", 1),
    ("number", -1.5), ("object", {"a": 1}), ("object of texts", {"a": "x"}), ("list of objects", [{}]),
    ("variables", {"A": 1}), ("any", None), ("hooks", 1), ("hooks", {"Other": 1}), ("hooks", {"Stop": []}),
    ("hooks", {"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}),
    ("command", {"type": "command", "command": "x"}),
]  # fmt: skip
UNFIT = [
    ("flag", 1), ("flag", "true"), ("flag or object", "x"), ("text", 1), ("texts", "a"), ("texts", [1]),
    ("rules", "Bash"),

    ("text or texts", ""), ("any text or texts", [1]), ("count", 0), ("count", True), ("count", "30"), ("count", 1e30),
    ("count", 0.5), ("whole", -1), ("rate", "0"), ("rate", 1.1), ("rate", True), ("share", 0),
    ("number", "1"),
    ("object", []), ("object of texts", {"a": 1}), ("list of objects", ["a"]), ("variables", []), ("flag", None),
    ("hooks", {"Stop": 1}), ("hooks", {"Stop": [{"hooks": [{"type": "command"}]}]}),
    ("hooks", {"Stop": [{"matcher": 1}]}),
    ("hooks", {"Stop": [{"hooks": [1]}]}), ("command", {"type": "command"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), FITTING)
def test_these_values_fit(kind: str, value: object) -> None:
    assert fits(Shape(kind, ("Stop",)), value)


@pytest.mark.parametrize(("kind", "value"), UNFIT)
def test_these_values_do_not(kind: str, value: object) -> None:
    assert not fits(Shape(kind, ("Stop",)), value)


def test_a_choice_is_one_of_its_words() -> None:
    shape = Shape("choice", ("a", "b"))

    assert fits(shape, "a")
    assert not fits(shape, "c")
    assert wanted(shape) == 'one of "a", "b"'


def test_null_is_ignored_only_where_the_shape_says_so() -> None:
    assert fits(Shape("flag", null_ignored=True), None)
    assert not fits(Shape("flag"), None)


def test_every_shape_of_the_pack_is_known_and_has_words() -> None:
    for key, shape in claude().shapes.items():
        assert shape.kind in KINDS, key
        assert wanted(shape)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"), (1, "1"), (True, "true"), (None, "null"), (1.5, "1.5"), ([], ""), ([1, None, "a"], "1,,a"),
        ({}, "[object Object]"), (float("inf"), "Infinity"),
    ],
)  # fmt: skip
def test_a_variable_is_the_text_the_agent_makes_of_a_value(value: object, text: str) -> None:
    assert env_text(value) == text
