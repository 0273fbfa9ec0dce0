"""Reports on a shelf in the form in which intake keeps them, without intake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carnet.model.record import Form
from tests.records.kept import ANN

if TYPE_CHECKING:
    from tests.records.kept import Shelf

HOSTILE = "<script>window.pwned = 1</script>"


def rated(shelf: Shelf, rating: int | str, account: str = ANN) -> str:
    return put(shelf, {"rating": rating}, account, "", kind="rating", flow="survey")


def failed(shelf: Shelf, *types: str, group: str = "", release: str = "", account: str = ANN) -> str:
    values = [{"type": name, "value": "print:1f"} for name in types]
    event = {"level": "error", "platform": "python", "exception": {"values": values}}
    event |= {"release": release} if release else {}
    body = {"protocol": "sentry", "item": "event", "event": event, "group": group or "-".join(types)}
    return put(shelf, body, account, f"no session, {shelf.now:%Y-%m-%d}", kind="error", flow="errors")


def measured(shelf: Shelf, provider: str = "", account: str = ANN) -> str:
    return put(shelf, {"protocol": "otlp"}, account, "s1", kind="metric", flow="metrics", provider=provider)


def wrote(shelf: Shelf, description: str, transcript: list[object], receipt: str = "ab12", account: str = ANN) -> str:
    report = {"description": description, "scope": "session", "transcript": transcript}
    body = {"protocol": "carnet", "receipt": receipt, "removed": {"github-pat": 2}, "report": report}
    return put(shelf, body, account, f"feedback {receipt}", kind="feedback", flow="feedback")


def issued(shelf: Shelf, url: str, receipt: str = "ab12", account: str = ANN) -> str:
    """Our own note of a public issue, behind the report in its session."""
    body = {"protocol": "carnet", "issue": url, "digest": "00"}
    return put(shelf, body, account, f"feedback {receipt}", kind="feedback", flow="feedback")


def shared(shelf: Shelf, transcript: list[object], receipt: str = "cd34", account: str = ANN) -> str:
    report = {"consent": "yes", "transcript": transcript}
    body = {"protocol": "carnet", "receipt": receipt, "removed": {}, "report": report}
    return put(shelf, body, account, f"feedback {receipt}", kind="transcript", flow="transcript-share")


def put(shelf: Shelf, body: object, account: str, session: str, **lane: str) -> str:
    return shelf.kept(json.dumps(body).encode(), account, session, form=Form.JSON, **{"provider": "", **lane})
