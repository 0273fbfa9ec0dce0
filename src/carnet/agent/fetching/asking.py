"""One question to a domain check: a host name goes out, yes or no comes back, and anything else is a no."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from carnet.agent.fetching.deadline import Deadline
from carnet.agent.fetching.dialling import secured
from carnet.agent.fetching.nouns import Checked
from carnet.errors import CarnetError
from carnet.model.loopback import is_loopback

if TYPE_CHECKING:
    import ssl

    from carnet.model.host import Host

PATH = "/api/web/domain_info?domain="
_MOST = 65536


@dataclass(frozen=True, slots=True)
class DomainCheck:
    """A domain check to ask: a Carnet's, or another with the same answers."""

    address: str
    """Such as http://127.0.0.1:8417; beyond loopback only https."""
    key: str = field(default="", repr=False)
    """A key of Carnet's with the scope `intake`; it says whose lists count. Empty: everybody's."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        wanted = parts.scheme in {"http", "https"} and parts.hostname and not (parts.username or parts.query)
        if not wanted:
            raise CarnetError("the domain check's address is none; write it like https://carnet.example:8417")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise CarnetError(f"{self.address}: beyond this machine host names travel over https only")
        if not all(" " < one < "\x7f" for one in self.key):
            raise CarnetError("the domain check's key is no key; `carnet key create --scope intake` makes one")


def ask(check: DomainCheck, host: Host, seconds: float, tls: ssl.SSLContext | None = None) -> Checked:
    """The answer about a host. What is no clear yes or no is `unreachable`, and allows nothing."""
    try:
        status, body, reason = _get(check, host, seconds, tls)
    except (OSError, HTTPException, ValueError) as error:
        return _unreachable(host, type(error).__name__)
    if status != 200:
        return _unreachable(host, f"status {status}")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return _unreachable(host, "an answer that is no JSON")
    answer = found.get("can_fetch") if isinstance(found, dict) else None
    if not isinstance(answer, bool) or found.get("domain", host.name) != host.name:
        return _unreachable(host, "an answer to another question")
    if answer:
        return Checked(True, "passed", f"{host.shown} passed the domain check")
    return Checked(False, "refused", f"the domain check refuses {host.shown}{f' ({reason})' if reason else ''}")


def _get(check: DomainCheck, host: Host, seconds: float, tls: ssl.SSLContext | None) -> tuple[int, bytes, str]:
    parts = urlsplit(check.address)
    name = parts.hostname or ""
    connection = HTTPConnection(name, parts.port or (443 if parts.scheme == "https" else 80), timeout=seconds)
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {check.key}"} if check.key else {})}
    with Deadline(seconds) as deadline:
        try:
            connection.connect()
            deadline.watch(connection.sock)
            if parts.scheme == "https":
                connection.sock = secured(connection.sock, name, tls, deadline)
            connection.request("GET", parts.path.rstrip("/") + PATH + quote(host.name), headers=headers)
            with connection.getresponse() as response:
                body = response.read(_MOST + 1)
                deadline.left()
                if len(body) > _MOST:
                    raise ValueError("too long")
                return response.status, body, _word(response.getheader("Carnet-Reason", ""))
        finally:
            connection.close()


def _word(text: str) -> str:
    return text if len(text) <= 40 and text.replace("-", "").isalnum() and text.isascii() else ""


def _unreachable(host: Host, why: str) -> Checked:
    return Checked(False, "unreachable", f"the domain check gave no answer about {host.shown}: {why}")
