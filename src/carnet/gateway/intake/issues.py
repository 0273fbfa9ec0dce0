"""A public issue made of feedback, on wish: the exact text is shown first, and whoever read it confirms that very text.

The text is the description and nothing else. Where a line of the transcript stands in it, none is made.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.intake.contract import Endpoint, Item, RefusedError, Reply
from carnet.gateway.intake.feedback import session_of
from carnet.gateway.intake.own import refuse, texts
from carnet.gateway.intake.prints import mark
from carnet.model.loopback import is_loopback
from carnet.model.record import Scope
from carnet.records.reading import listing, show
from carnet.settings import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from carnet.gateway.intake.taking import Intake
    from carnet.model.account import Caller
    from carnet.model.record import Session
    from carnet.records.keyring import Keyring
    from carnet.settings import Settings
    from carnet.stores.records_contract import RecordStore

TITLE = 80
"""Characters of a title."""
TELLING = 24
"""Characters of a line by which it is known again."""
PATIENCE = 20.0
_RECEIPT = re.compile(r"[0-9a-f]{16}")
_REPOSITORY = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    receipt: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be public."""

    repository: str
    title: str
    text: str

    @property
    def digest(self) -> str:
        """What stands for exactly this text in exactly this place."""
        return hashlib.sha256(msgspec.json.encode([self.repository, self.title, self.text])).hexdigest()


@dataclass(frozen=True, slots=True)
class Found:
    """A report, and the issue that was made of it."""

    description: str
    transcript: object
    issue: str


@dataclass(frozen=True, slots=True)
class Noted:
    """What was written down of an issue that was made: our own record, without a word of the report."""

    record: str
    """Its id."""
    url: str
    """Empty: the tracker did not say where the issue is."""


async def act(intake: Intake, caller: Caller, body: bytes) -> Reply:
    """Show the text; with its digest, make the issue, once."""
    wanted = _read(body)
    repository = intake.settings["intake.issues-repository"]
    if not _REPOSITORY.fullmatch(repository):
        raise RefusedError(404, "No public issues are made here (the setting intake.issues-repository).")
    if intake.terms.forbids(caller, "feedback", "feedback", ""):
        raise RefusedError(403, "The terms of this account allow no feedback.")
    async with intake.issuing:
        found = await asyncio.to_thread(find, intake, caller, wanted.receipt)
        draft = drafted(found, repository)
        if not wanted.digest:
            told = {"repository": repository, "title": draft.title, "text": draft.text, "digest": draft.digest}
            return Reply(200, msgspec.json.encode({**told, "url": found.issue or None}))
        if not hmac.compare_digest(wanted.digest.encode(), draft.digest.encode()):
            raise RefusedError(409, "This is not the digest of the text that would be public. Ask for the text again.")
        url = found.issue or await _made(intake, caller, wanted.receipt, draft)
    return Reply(200, msgspec.json.encode({"url": url}))


async def _made(intake: Intake, caller: Caller, receipt: str, draft: Draft) -> str:
    url = await post(intake.settings, draft)
    row = {"protocol": "carnet", "issue": url, "digest": draft.digest}
    item = Item("feedback", "feedback", session_of(receipt), msgspec.json.encode(row), mark("issue", receipt))
    await intake.keep(ISSUE, caller, item)
    return url


def _read(body: bytes) -> _Wanted:
    try:
        wanted = msgspec.json.decode(body, type=_Wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        wanted = _Wanted("")
    if not _RECEIPT.fullmatch(wanted.receipt):
        raise RefusedError(
            422, 'The body is {"receipt": "…"}, and with "digest" to confirm the text it was shown with.'
        )
    return wanted


def find(intake: Intake, caller: Caller, receipt: str) -> Found:
    """The caller's own report of that receipt."""
    store, keyring = intake.store, intake.keyring
    scope = Scope(caller.organisation.id, caller.account.id, session_of(receipt))
    rows = [msgspec.json.decode(show(store, keyring, one.id, intake.now()).data) for one in listing(store, scope)]
    report = next((row["report"] for row in rows if "description" in row.get("report", {})), None)
    if report is None:
        raise RefusedError(404, "There is no feedback of this account with that receipt.")
    issue = next((str(row["issue"]) for row in rows if "issue" in row), "")
    return Found(report["description"], report["transcript"], issue)


def noted(store: RecordStore, keyring: Keyring, session: Session, now: datetime) -> list[Noted]:
    """The issues made of a report. The notes of them lie behind it in its session; the report is not opened."""
    scope, found = Scope(session.organisation, session.account, session.name), list[Noted]()
    for one in list(listing(store, scope, "feedback", []))[1:]:
        with suppress(CarnetError):  # gone, or damaged
            row = msgspec.json.decode(show(store, keyring, one.id, now).data)
            if isinstance(row, dict) and "issue" in row:
                found.append(Noted(one.id, str(row["issue"])))
    return found


def drafted(found: Found, repository: str) -> Draft:
    """The text. Raises RefusedError where it has a line of the transcript in it."""
    text = found.description.strip()
    if not text:
        raise RefusedError(422, "The feedback has no description, and nothing else of it becomes public.")
    plain = " ".join(text.split())
    if any(line in plain for line in _lines(found.transcript)):
        raise RefusedError(422, "The description quotes the transcript, which never becomes public.")
    first = text.splitlines()[0].strip()
    return Draft(repository, first if len(first) <= TITLE else f"{first[: TITLE - 1]}…", text)


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, str):
        lines = (" ".join(line.split()) for line in value.splitlines())
        yield from (line for line in lines if len(line) >= TELLING)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _lines(one)
    elif isinstance(value, list):
        for one in value:
            yield from _lines(one)


async def post(settings: Settings, draft: Draft) -> str:
    """Make the issue; its address. Raises RefusedError where the tracker does not take it."""
    import aiohttp  # noqa: PLC0415 - few ask for an issue

    base = settings["intake.issues-url"].rstrip("/")
    token = environment().get(settings["intake.issues-token-env"], "")
    parts = urlsplit(base)
    if not token or (parts.scheme != "https" and not is_loopback(parts.hostname or "")):
        raise RefusedError(502, "The tracker of issues is not set up: it needs a token, and an address with https.")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    proxy = settings["net.https-proxy"] if parts.scheme == "https" else ""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as session,
            session.post(
                f"{base}/repos/{draft.repository}/issues",
                json={"title": draft.title, "body": draft.text},
                headers=headers,
                allow_redirects=False,
                proxy=proxy or None,
            ) as answer,
        ):
            status, told = answer.status, await answer.content.read(1 << 20)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise RefusedError(
            502, "The tracker of issues cannot be reached. No issue was made, as far as is known."
        ) from None
    return _address(status, told)


def _address(status: int, told: bytes) -> str:
    if status != 201:
        raise RefusedError(502, f"The tracker of issues answered {status}. No issue was made.")
    try:
        answer: Any = msgspec.json.decode(told)
        url = answer["html_url"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise RefusedError(502, "The tracker of issues made an issue and did not say where it is.") from None
    return url if isinstance(url, str) and url.startswith(("https://", "http://127.")) else ""


ISSUE = Endpoint("issue", texts, None, refuse, most=4096, spooled=False, act=act)
