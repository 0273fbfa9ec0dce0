"""Records as JSON lines: read into drafts, answered in order."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from carnet.documents.instants import FORMS, parse_since
from carnet.errors import CarnetError
from carnet.model.record import Draft, Form, Kept, Refusal
from carnet.records.putting import UnkeptError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.records.putting import Answer, Writer


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    account: str
    kind: str
    flow: str
    body: msgspec.Raw
    session: str | None = None
    provider: str | None = None
    repository: str | None = None
    at: str | None = None


_DECODER = msgspec.json.Decoder(_Line)
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]{0,500}")
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_LINE = 1 << 29
"""Bytes of a line that are read at most, where nobody says otherwise."""


class Taking:
    """Takes lines for one writer and counts those that are no records."""

    def __init__(self, writer: Writer, longest: int = LONGEST_LINE) -> None:
        self._writer = writer
        self._longest = longest
        self._seen = 0
        self.faults = 0
        self.unkept: UnkeptError | None = None
        """The last that the store could not take, though nothing was wrong with it."""

    def answers(self, lines: Sequence[bytes], now: datetime) -> list[bytes]:
        """One line out for each in; blank ones are passed over."""
        read = [(self._seen + number, self._read(line)) for number, line in enumerate(lines, 1) if line.strip()]
        self._seen += len(lines)
        drafts = [one for _, one in read if isinstance(one, Draft)]
        put = iter(self._writer.put(drafts, now) if drafts else ())
        return [self._answer(number, next(put) if isinstance(one, Draft) else one) for number, one in read]

    def _read(self, line: bytes) -> Draft | CarnetError:
        if len(line) > self._longest:
            return CarnetError(f"this line is longer than {self._longest} bytes (setting records.max-bytes)")
        return _read(line)

    def _answer(self, number: int, answer: Answer) -> bytes:
        match answer:
            case Kept():
                told: dict[str, object] = {"id": answer.id}
            case Refusal():
                told = {"refused": answer.why}
            case _:
                if isinstance(answer, UnkeptError):
                    self.unkept = answer
                else:
                    self.faults += 1
                told = {"error": str(answer), "line": number}
        return msgspec.json.encode(told) + b"\n"


def _read(line: bytes) -> Draft | CarnetError:
    """A draft, or what is wrong with the line: the fault names the field, and no part of the line is in its words."""
    try:
        line.decode()  # what is only passed over is not looked at by the decoder
        row = _DECODER.decode(line)
        body, form = _body(bytes(row.body))
        at, session, repository = _at(row.at), _name(row.session), _name(row.repository)
    except msgspec.ValidationError as error:
        return CarnetError(_wrong(str(error)))
    except msgspec.DecodeError as error:
        return CarnetError(f"this is not JSON, or a string in it has half a surrogate pair: {error}")
    except RecursionError:
        return CarnetError("this is JSON nested too deep to be read")
    except UnicodeDecodeError:
        return CarnetError("this is not UTF-8")
    except CarnetError as error:
        return error
    return Draft(row.account, session, row.kind, row.flow, body, form, row.provider or "", repository, at)


def _at(text: str | None) -> datetime | None:
    """When it came about. Ids begin with the milliseconds since 1970: nothing is older."""
    if not text:
        return None
    with suppress(CarnetError):
        if (found := parse_since(text)) >= _FIRST:
            return found
    raise CarnetError(f"at: this is no date or instant since 1970; write {FORMS} (UTC)")


def _name(text: str | None) -> str:
    if text and not _NAME.fullmatch(text):
        raise CarnetError("session, repository: a name has up to 500 characters, and none that controls a terminal")
    return text or ""


def _wrong(told: str) -> str:
    """The decoder's words, but for names of fields that the line made up."""
    if told.startswith("Object contains unknown field"):
        return f"there is a field that is none of {', '.join(_Line.__struct_fields__)}"
    return told


def _body(raw: bytes) -> tuple[bytes, Form]:
    """A string is kept as its text, anything else as the JSON it came as."""
    if raw.startswith(b'"'):
        return msgspec.json.decode(raw, type=str).encode(), Form.TEXT
    return raw, Form.JSON
