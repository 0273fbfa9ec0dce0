"""What a request gives: JSON or a query, read strictly. A fault names the field, and repeats no value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec
from starlette.exceptions import HTTPException

from carnet.errors import CarnetError, FieldError

if TYPE_CHECKING:
    from collections.abc import Sequence

S = TypeVar("S", bound=msgspec.Struct)
_NAMED = re.compile(r"(?:field|member) `([^`]+)`")
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")


def read_body(body: bytes, kind: str, shape: type[S]) -> S:
    """A JSON body. An empty one is an empty object; what a form of a browser sends is none."""
    if body and kind.partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "The body must be JSON: Content-Type: application/json.")
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise _fault(str(error), shape) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CarnetError("The body is no JSON.") from None


def read_query(pairs: Sequence[tuple[str, str]], shape: type[S]) -> S:
    """A query. One that is given twice, or that is not known, is refused: what it left out would be shown."""
    given = dict(pairs)
    if len(given) != len(pairs):
        twice = next(name for name, _ in pairs if [one for one, _ in pairs].count(name) > 1)
        raise FieldError(_shown(twice), "is given twice")
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _fault(str(error), shape) from None


def _fault(text: str, shape: type[msgspec.Struct]) -> CarnetError:
    """What msgspec found, with the field apart. It names types and fields, never what stood there."""
    place = _PLACE.search(text)
    told = _PLACE.sub("", text)
    named = _NAMED.search(told)
    above = place[1] if place else ""
    parts = [one for one in (above, named[1] if named else "") if one]
    if not parts:
        return CarnetError(f"The body cannot be read: {told}.")
    if "unknown field" in told:
        told = "is not known here"
    elif told.startswith("Invalid enum value"):
        told = f"is none of {', '.join(choices(shape, re.split(r'[.[]', parts[0])[0]))}"
    elif "missing required" in told:
        told = "is needed"
    return FieldError(_shown(".".join(parts)), told[:1].lower() + told[1:])


def choices(shape: type[msgspec.Struct], name: str) -> list[str]:
    """What a field may be, where it is one of a few words."""
    (kind,) = (one.type for one in msgspec.structs.fields(shape) if one.encode_name == name)
    return [str(one) for one in _words(msgspec.inspect.type_info(kind)) if one]


def _words(kind: msgspec.inspect.Type) -> tuple[object, ...]:
    match kind:
        case msgspec.inspect.LiteralType(values=values):
            return tuple(values)
        case msgspec.inspect.ListType(item_type=below) | msgspec.inspect.Metadata(type=below):
            return _words(below)
        case msgspec.inspect.UnionType(types=types):
            return tuple(word for one in types for word in _words(one))
    return ()


def _shown(name: str) -> str:
    """A name somebody sent, cut and without what would steer a terminal."""
    return re.sub(r"[^\w.\[\]-]", "?", name)[:80]
