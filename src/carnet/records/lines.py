"""Records as JSON lines: read into drafts, answered in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from carnet.documents.instants import FORMS, parse_since
from carnet.errors import CarnetError
from carnet.model.record import Draft, Form, Kept, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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


class Taking:
    """Takes lines for one writer and counts those that are no records."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._seen = 0
        self.faults = 0

    def answers(self, lines: Sequence[bytes], now: datetime) -> list[bytes]:
        """One line out for each in; blank ones are passed over."""
        read = [(self._seen + number, _read(line)) for number, line in enumerate(lines, 1) if line.strip()]
        self._seen += len(lines)
        drafts = [one for _, one in read if isinstance(one, Draft)]
        put = iter(self._writer.put(drafts, now) if drafts else ())
        return [self._answer(number, next(put) if isinstance(one, Draft) else one) for number, one in read]

    def _answer(self, number: int, answer: Answer) -> bytes:
        match answer:
            case Kept():
                told: dict[str, object] = {"id": answer.id}
            case Refusal():
                told = {"refused": answer.why}
            case _:
                self.faults += 1
                told = {"error": str(answer), "line": number}
        return msgspec.json.encode(told) + b"\n"


def _read(line: bytes) -> Draft | CarnetError:
    """A draft, or what is wrong with the line: the fault names the field, and no part of the line is in its words."""
    try:
        line.decode()  # what is only passed over is not looked at by the decoder
        row = _DECODER.decode(line)
        body, form = _body(bytes(row.body))
        at = parse_since(row.at) if row.at else None
    except msgspec.ValidationError as error:
        return CarnetError(_wrong(str(error)))
    except msgspec.DecodeError as error:
        return CarnetError(f"this is not JSON, or a string in it has half a surrogate pair: {error}")
    except RecursionError:
        return CarnetError("this is JSON nested too deep to be read")
    except UnicodeDecodeError:
        return CarnetError("this is not UTF-8")
    except CarnetError:
        return CarnetError(f"at: this is no date or instant; write {FORMS} (UTC)")
    return Draft(
        row.account, row.session or "", row.kind, row.flow, body, form, row.provider or "", row.repository or "", at
    )


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
