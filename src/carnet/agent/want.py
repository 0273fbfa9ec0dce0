"""The organisation's own policy: a TOML file, read with clear refusals."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, TypeVar

from carnet.errors import CarnetError
from carnet.model.want import Want

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

T = TypeVar("T")

VERDICTS = ("off", "local-only", "on-request", "on")
RETENTION = ("none", "local", "days30", "months6", "years5")
"""Shortest first."""
LARGEST = 1_000_000

TABLES: Mapping[str, tuple[str, ...]] = {
    "flows": (),
    "local": ("days",),
    "retention": ("longest",),
    "training": ("allowed",),
    "recipients": ("allowed",),
    "hosts": ("allowed",),
    "settings": (),
    "env": (),
}
"""Tables of the file and their keys; no keys listed: any."""


def read_want(file: Path, flows: Collection[str] = ()) -> Want:
    """The policy in a file. Raises CarnetError naming file and key. `flows`: the flows there are, where known."""
    tree = _tree(file)
    tables = {name: _table(file, tree, name) for name in TABLES}
    if unknown := sorted(set(tree) - set(TABLES)):
        _refuse(file, unknown[0], f"is no table of a policy; there are: {', '.join(TABLES)}")
    return Want(
        file=str(file),
        flows=_flows(file, tables["flows"], flows),
        local_days=_given(file, tables["local"], "local", "days", _days),
        retention=_given(file, tables["retention"], "retention", "longest", _class),
        training=_given(file, tables["training"], "training", "allowed", _switch),
        recipients=_given(file, tables["recipients"], "recipients", "allowed", _names),
        hosts=_given(file, tables["hosts"], "hosts", "allowed", _names),
        settings=tables["settings"],
        env=_env(file, tables["env"]),
    )


def _tree(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        raise CarnetError(f"{file}: {error.strerror or error}") from error
    if len(raw) > LARGEST:
        raise CarnetError(f"{file}: has more than {LARGEST:,} bytes; a policy has a few hundred")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise CarnetError(f"{file}: is no TOML: {error}") from error


def _refuse(file: Path, key: str, why: str) -> NoReturn:
    raise CarnetError(f"{file}: {key} {why}")


def _table(file: Path, tree: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = tree.get(name, {})
    if not isinstance(table, Mapping):
        _refuse(file, name, f"must be a table, begun with [{name}]")
    known = TABLES[name]
    if known and (unknown := sorted(set(table) - set(known))):
        _refuse(file, f"{name}.{unknown[0]}", f"is unknown; there is: {', '.join(known)}")
    return table


def _flows(file: Path, table: Mapping[str, object], known: Collection[str]) -> dict[str, tuple[str, ...]]:
    if known and (unknown := sorted(set(table) - set(known))):
        _refuse(file, f"flows.{unknown[0]}", f"is no flow; there are: {', '.join(known)}")
    return {flow: _verdicts(file, flow, wanted) for flow, wanted in table.items()}


def _verdicts(file: Path, flow: str, wanted: object) -> tuple[str, ...]:
    words = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(words, list) or not words or not all(word in VERDICTS for word in words):
        _refuse(file, f"flows.{flow}", f"= {wanted!r} is none of {', '.join(VERDICTS)}, nor a list of them")
    return tuple(words)


def _given(
    file: Path, table: Mapping[str, object], name: str, key: str, read: Callable[[object], T | None]
) -> T | None:
    if key not in table:
        return None
    value = read(table[key])
    if value is None:
        _refuse(file, f"{name}.{key}", f"= {table[key]!r} is not {EXPECTED[read.__name__]}")
    return value


EXPECTED = {
    "_days": "a whole number of days, at least 1",
    "_class": f"one of {', '.join(RETENTION)}",
    "_switch": "true or false",
    "_names": 'a list of names, such as ["anthropic"]',
}


def _days(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None


def _class(value: object) -> str | None:
    return value if isinstance(value, str) and value in RETENTION else None


def _switch(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _names(value: object) -> tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) and all(isinstance(one, str) and one for one in value) else None


def _env(file: Path, table: Mapping[str, object]) -> dict[str, str]:
    found = {}
    for name, value in table.items():
        if not isinstance(value, str):
            _refuse(file, f"env.{name}", f'= {value!r} is no text; a variable is written "1"')
        found[name] = value
    return found
