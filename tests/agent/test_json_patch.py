"""One value of a JSON text changes; every other byte stays."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.agent.json_patch import check, drop, put
from carnet.errors import CarnetError

OFF = ("env", "DISABLE_TELEMETRY")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}\n", '{\n  "env": {\n    "DISABLE_TELEMETRY": "1"\n  }\n}\n'),
        ("{\n}", '{\n  "env": {\n    "DISABLE_TELEMETRY": "1"\n  }\n}'),
        ('{"a": 1}', '{"a": 1, "env": {"DISABLE_TELEMETRY": "1"}}'),
        ('{"env":{}}', '{"env":{\n  "DISABLE_TELEMETRY": "1"\n}}'),
        ('{"env": {"A": "b"}}\n', '{"env": {"A": "b", "DISABLE_TELEMETRY": "1"}}\n'),
        ('{\n\t"a": 1\n}\n', '{\n\t"a": 1,\n\t"env": {\n\t\t"DISABLE_TELEMETRY": "1"\n\t}\n}\n'),
        ('{\r\n    "a": 1\r\n}', '{\r\n    "a": 1,\r\n    "env": {\r\n        "DISABLE_TELEMETRY": "1"\r\n    }\r\n}'),
        (
            '{\n  "env": {\n    "A": "b"\n  },\n  "z" : [1,\n2]\n}\n',
            '{\n  "env": {\n    "A": "b",\n    "DISABLE_TELEMETRY": "1"\n  },\n  "z" : [1,\n2]\n}\n',
        ),
        ('{ "env" : { "DISABLE_TELEMETRY" :  "0" } }', '{ "env" : { "DISABLE_TELEMETRY" :  "1" } }'),
        ('{"\\u0065nv": {"A": ""}}', '{"\\u0065nv": {"A": "", "DISABLE_TELEMETRY": "1"}}'),
    ],
)
def test_a_value_is_put_where_it_belongs_in_the_files_own_manner(before: str, after: str) -> None:
    assert put(before, OFF, "1") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"env": {"DISABLE_TELEMETRY": "1"}}', '{"env": {}}'),
        ('{"env": {"DISABLE_TELEMETRY": "1", "A": "b"}}', '{"env": {"A": "b"}}'),
        ('{"env": {"A": "b",\n  "DISABLE_TELEMETRY": "1"\n}}', '{"env": {"A": "b"\n}}'),
        ('{"a": 1}', '{"a": 1}'),
        ('{"env": {"A": "b"}}', '{"env": {"A": "b"}}'),
    ],
)
def test_a_key_is_dropped_with_its_comma(before: str, after: str) -> None:
    assert drop(before, OFF) == after


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{\n// why\n"a": 1}', "s.json:2: is no JSON"),
        ('{"a": 1,}', "no JSON"),
        ("", "empty"),
        ("[]", "no JSON object"),
        ('{"a": 1,\n"a": 2}', "s.json:2: gives a twice"),
        ('{"env": {"A": "1", "A": "2"}}', "gives env.A twice"),
        ('{"a": NaN}', "no JSON"),
        ("{" * 100_000, "no JSON"),
        ('{"a": ' + "[" * 5000, "no JSON"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(CarnetError, match=words):
        check(text, "s.json")


def test_something_else_in_the_way_is_refused() -> None:
    with pytest.raises(CarnetError, match="env is no object"):
        put('{"env": []}', OFF, "1")


KEYS = st.text(max_size=4)
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4)
TREES = st.dictionaries(
    KEYS, SCALARS | st.dictionaries(KEYS, SCALARS | st.lists(SCALARS, max_size=2), max_size=3), max_size=4
)
INDENTS = st.sampled_from([None, 0, 2, "\t"])


@given(TREES, KEYS, st.none() | KEYS, SCALARS, INDENTS, st.sampled_from(["\n", "\r\n"]))
def test_putting_is_what_python_would_have_put_and_the_rest_keeps_its_bytes(
    tree: dict[str, object], key: str, below: str | None, value: object, indent: int | str | None, line: str
) -> None:
    path = [key] if below is None else [key, below]
    if below is not None and not isinstance(tree.get(key, {}), dict):
        tree = {}
    text = json.dumps(tree, indent=indent)
    text = text.replace("\n", line)

    changed = put(text, path, value)

    wanted = json.loads(text)
    (wanted if below is None else wanted.setdefault(key, {}))[path[-1]] = value
    assert json.loads(changed) == wanted
    assert list(json.loads(changed)) == list(wanted)
    old = json.loads(text) if below is None else json.loads(text).get(key, {})
    if not isinstance(old.get(path[-1]), dict | list):
        replaced = len(json.dumps(old[path[-1]])) if path[-1] in old else 0
        assert _kept(text, changed) >= len(text) - replaced
    if line in text and line == "\r\n":
        assert not re.search(r"[^\r]\n", changed)


def _kept(text: str, changed: str) -> int:
    """Characters of a text that stand unchanged before and behind one change."""
    before = _shared(text, changed)
    return before + _shared(text[before:][::-1], changed[before:][::-1])


def _shared(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@given(TREES, KEYS, st.none() | KEYS, INDENTS)
def test_dropping_is_what_python_would_have_dropped(
    tree: dict[str, object], key: str, below: str | None, indent: int | str | None
) -> None:
    path = [key] if below is None else [key, below]
    if below is not None and not isinstance(tree.get(key, {}), dict):
        tree = {}

    changed = drop(json.dumps(tree, indent=indent), path)

    wanted = json.loads(json.dumps(tree))
    (wanted if below is None else wanted.get(key, {})).pop(path[-1], None)
    assert json.loads(changed) == wanted


@given(TREES, KEYS.filter(bool), SCALARS, INDENTS)
def test_putting_a_new_key_and_dropping_it_gives_the_text_back(
    tree: dict[str, object], key: str, value: object, indent: int | str | None
) -> None:
    tree.pop(key, None)
    tree["last"] = 1
    text = json.dumps(tree, indent=indent)
    if key != "last":
        assert drop(put(text, [key], value), [key]) == text
