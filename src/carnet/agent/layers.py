"""One settings file -> what counts of it, and why the rest does not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.agent.files import read
from carnet.agent.jsontext import JsonFaultError, decode, parse
from carnet.agent.secrets import masked
from carnet.agent.shapes import env_text, fits, wanted
from carnet.model.machine import Dropped, Located, Source, VoidFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from carnet.agent.jsontext import Parsed
    from carnet.agent.layout import Layout
    from carnet.agent.sources import Location


@dataclass(frozen=True, slots=True)
class Layer:
    """A file's settings, and what of it does not count."""

    source: Source
    void: VoidFile | None = None
    dropped: tuple[Dropped, ...] = ()
    repeated: tuple[tuple[str, int, int], ...] = ()
    """(name, line that does not count, line that does)."""
    damaged: bool = False
    """Whether it holds bytes that are no text."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A key whose value has the wrong shape."""

    key: str
    value: object
    line: int
    why: str
    lenient: bool


def read_layer(place: Location, layout: Layout) -> Layer:
    """Read and judge one file, as the agent does."""
    content = read(Path(place.path))
    if content.raw is None:
        return Layer(_source(place, "unread" if content.why else "absent", content.why))
    if place.path.suffix == ".plist":
        return _from_plist(place, content.raw, layout)
    text, whole = decode(content.raw)
    layer = judged(place, text, layout)
    return layer if whole else Layer(layer.source, layer.void, layer.dropped, layer.repeated, damaged=True)


def judged(place: Location, text: str, layout: Layout) -> Layer:
    """What counts of a file's text."""
    try:
        parsed = parse(text)
    except JsonFaultError as error:
        return _void(place, f"is no JSON: {error}", error.line, "", _named_in(text, layout))
    if not isinstance(parsed.value, dict):
        return _void(place, "holds no object", 1, "", ())
    return _of_object(place, parsed, _unwrapped(place, parsed.value), layout)


def _unwrapped(place: Location, value: dict[str, object]) -> dict[str, object]:
    """What a server delivered may lie in an envelope."""
    inner = value.get("settings")
    return inner if place.tier == "remote" and isinstance(inner, dict) and "checksum" in value else value


def _of_object(place: Location, parsed: Parsed, value: dict[str, object], layout: Layout) -> Layer:
    repeated = tuple((dotted(path), old, new) for path, old, new in parsed.repeated)
    found = list(faults(value, parsed.lines, layout))
    fatal = [fault for fault in found if not fault.lenient]
    if fatal and place.layer != "managed":
        why = "; ".join(f"{fault.key}: {fault.why}" for fault in fatal)
        return _void(place, why, fatal[0].line, fatal[0].key, tuple(_names(value)), repeated)
    skipped = {fault.key for fault in found}
    values, env = _located(place, value, parsed.lines, skipped)
    dropped = tuple(
        Dropped(name(fault.key), fault.why, Located(fault.value, place.layer, str(place.path), fault.line))
        for fault in found
    )
    return Layer(_source(place, "read", "", values, env), None, dropped, repeated)


def faults(value: Mapping[str, object], lines: Mapping[tuple[str, ...], int], layout: Layout) -> Iterator[Fault]:
    """Every known key whose value has the wrong shape, in the order of the table of shapes."""
    for key, shape in layout.shapes.items():
        path = tuple(key.split("."))
        present, given = _at(value, path)
        if present and not fits(shape, given):
            why = f"{_shown(given)} is not {wanted(shape)}"
            yield Fault(key, given, lines.get(path, 0), why, shape.lenient)


def _at(value: Mapping[str, object], path: tuple[str, ...]) -> tuple[bool, object]:
    here: object = value
    for part in path:
        if not isinstance(here, dict) or part not in here:
            return False, None
        here = here[part]
    return True, here


def _shown(value: object) -> str:
    match value:
        case str():
            plain = len(value) <= 40 and value.isprintable() and masked(value) == value
            return f'the text "{value}"' if plain else "a text"
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case int() | float():
            return str(value)
        case list():
            return "a list"
    return "an object"


def _located(
    place: Location, value: Mapping[str, object], lines: Mapping[tuple[str, ...], int], skipped: set[str]
) -> tuple[dict[str, Located], dict[str, Located]]:
    where = str(place.path)
    offset = ("settings",) if place.tier == "remote" and ("checksum",) in lines else ()
    kept = {
        key: Located(_without(one, key, skipped), place.layer, where, lines.get((*offset, key), 0))
        for key, one in value.items()
        if key != "env" and key not in skipped and one is not None
    }
    block = value.get("env")
    variables = block.items() if isinstance(block, dict) and "env" not in skipped else ()
    env = {
        one: Located(env_text(text), place.layer, where, lines.get((*offset, "env", one), 0)) for one, text in variables
    }
    return kept, env


def _without(value: object, above: str, skipped: set[str]) -> object:
    """A nested object without the entries whose shape is wrong."""
    if not isinstance(value, dict):
        return value
    return {
        key: _without(one, f"{above}.{key}", skipped) for key, one in value.items() if f"{above}.{key}" not in skipped
    }


def _void(
    place: Location,
    why: str,
    line: int,
    key: str,
    lost: tuple[str, ...],
    repeated: tuple[tuple[str, int, int], ...] = (),
) -> Layer:
    source = _source(place, "void", why)
    return Layer(source, VoidFile(str(place.path), why, place.layer, line, key, lost), (), repeated)


def _source(
    place: Location,
    state: str,
    why: str = "",
    values: Mapping[str, Located] | None = None,
    env: Mapping[str, Located] | None = None,
) -> Source:
    return Source(place.layer, str(place.path), state, place.tier, values or {}, env or {}, why)


def _names(value: Mapping[str, object]) -> Iterator[str]:
    block = value.get("env")
    if isinstance(block, dict):
        yield from (f"env.{one}" for one in block)
    yield from (f"settings.{key}" for key in value if key != "env")


_QUOTED = re.compile(r'"([A-Za-z_][A-Za-z0-9_]*)"\s*:')


def _named_in(text: str, layout: Layout) -> tuple[str, ...]:
    """Known names that stand in a text that is no JSON."""
    found = dict.fromkeys(_QUOTED.findall(text))
    known = [f"env.{one}" for one in found if one in layout.environment]
    return (*known, *(f"settings.{one}" for one in found if one in layout.shapes and one != "env"))


def name(key: str) -> str:
    return f"env.{key.removeprefix('env.')}" if key.startswith("env.") else f"settings.{key}"


def dotted(path: tuple[str, ...]) -> str:
    return name(".".join(path))


def _from_plist(place: Location, raw: bytes, layout: Layout) -> Layer:
    """A macOS policy: a property list whose keys are those of the settings file."""
    import plistlib  # noqa: PLC0415 - only macOS policies need it
    from xml.parsers.expat import ExpatError  # noqa: PLC0415

    from carnet.agent.jsontext import Parsed  # noqa: PLC0415

    try:
        value = plistlib.loads(raw)
    except (plistlib.InvalidFileException, ExpatError, ValueError, TypeError, OverflowError, RecursionError) as error:
        return _void(place, f"is no property list: {error}", 0, "", ())
    if not isinstance(value, dict):
        return _void(place, "holds no dictionary", 0, "", ())
    return _of_object(place, Parsed(value, {}), value, layout)
