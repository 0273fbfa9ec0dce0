"""What a person sends on purpose: a report with the conversation in it, or a transcript after the survey.

It is code and prompts by intention. Secrets of known shapes are taken out before anything is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from carnet.gateway.intake.contract import Endpoint, Item, RefusedError, Reply, Taken
from carnet.gateway.intake.halves import decoded_whole
from carnet.gateway.intake.own import refuse, texts
from carnet.gateway.intake.prints import mark
from carnet.gateway.intake.secrets import cleaned
from carnet.gateway.intake.sifting import Tally

if TYPE_CHECKING:
    from carnet.gateway.intake.contract import Asked, Means

T = TypeVar("T")
MOST = 16 << 20
LONGEST_DESCRIPTION = 20_000
RECEIPT_DIGITS = 16
_TOO_LARGE = re.compile(r"Number out of range - at `\$\.transcript\b.*`")
"""What msgspec says of a number that no float holds."""


class _Feedback(msgspec.Struct, forbid_unknown_fields=True):
    description: str
    transcript: list[Any]
    scope: Literal["session", "24h", "7d"]


class _Share(msgspec.Struct, forbid_unknown_fields=True):
    consent: Literal["yes"]
    transcript: list[Any]


_FEEDBACK, _SHARE = msgspec.json.Decoder(_Feedback), msgspec.json.Decoder(_Share)


def take_feedback(asked: Asked, body: bytes, means: Means) -> Taken:
    """A report. Its receipt comes from its bytes: who sends it again gets the same."""
    del asked, means
    given = _read(_FEEDBACK, body, '{"description": "…", "transcript": […], "scope": "session" | "24h" | "7d"}')
    if len(given.description) > LONGEST_DESCRIPTION:
        raise RefusedError(422, f"The description is longer than {LONGEST_DESCRIPTION} characters.")
    what: dict[str, object] = {"description": given.description, "scope": given.scope, "transcript": given.transcript}
    return _taken("feedback", "feedback", body, what)


def take_share(asked: Asked, body: bytes, means: Means) -> Taken:
    """A transcript, only where the person said yes."""
    del asked, means
    given = _read(_SHARE, body, '{"consent": "yes", "transcript": […]}; without that very yes nothing is taken')
    return _taken("transcript", "transcript-share", body, {"consent": "yes", "transcript": given.transcript})


def _read(decoder: msgspec.json.Decoder[T], body: bytes, wanted: str) -> T:
    try:
        return decoded_whole(decoder, body)
    except msgspec.ValidationError as error:
        if _TOO_LARGE.fullmatch(str(error)):  # anywhere else a number would be refused as none of its field's
            said = "transcript: there is a number in it that is too large for any program: no more than 1.8e308 is one."
            raise RefusedError(422, f"{said} Nothing was kept.") from None
        raise _other(wanted) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _other(wanted) from None


def _other(wanted: str) -> RefusedError:
    return RefusedError(422, f"The body is {wanted}, and no other field. Nothing was kept.")


def _taken(kind: str, flow: str, body: bytes, what: dict[str, object]) -> Taken:
    told = mark(flow, body)
    receipt = told.hex()[:RECEIPT_DIGITS]
    removed: Counter[str] = Counter()
    try:
        clean = cleaned(what, removed)
    except RecursionError:
        raise RefusedError(422, "The transcript is nested too deep. Nothing was kept.") from None
    row = {"protocol": "carnet", "receipt": receipt, "removed": dict(removed), "report": clean}
    item = Item(kind, flow, session_of(receipt), msgspec.json.encode(row), told)
    yes = {"receipt": receipt, "kept": True, "removed": sum(removed.values())}
    no = {"receipt": None, "kept": False}
    return Taken(
        Reply(200, msgspec.json.encode(yes)),
        (item,),
        Tally(Counter({f"removed.{shape}": count for shape, count in removed.items()})),
        Reply(200, msgspec.json.encode(no)),
    )


def session_of(receipt: str) -> str:
    """A session of its own, so that one report can be shown, held and deleted by its receipt."""
    return f"feedback {receipt}"


FEEDBACK = Endpoint("feedback", texts, take_feedback, refuse, most=MOST)
SHARE = Endpoint("transcript-share", texts, take_share, refuse, most=MOST)
