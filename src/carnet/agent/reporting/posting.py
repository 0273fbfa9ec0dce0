"""One request to the collector: nothing is followed, nothing is waited for beyond the time given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from carnet.model.loopback import is_loopback

if TYPE_CHECKING:
    from email.message import Message
    from typing import IO
    from urllib.request import OpenerDirector

    from carnet.agent.reporting.nouns import Collector, Parcel

LARGEST = 64_000
"""Bytes of an answer that are read."""
LATER = frozenset({0, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504, 522, 524, 529, 599})
"""Answers after which the same bytes may be sent again, once a key or a server is mended; 0 is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the collector said; status 0 where it said nothing."""

    status: int
    body: bytes = b""
    wait: float = 0.0
    """Seconds it asks to be left alone."""

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def again(self) -> bool:
        """Whether trying once more can help."""
        return self.status in LATER


def post(collector: Collector, parcel: Parcel, timeout: float, provider: str = "") -> Answer:
    """Send a parcel. Never raises: what went wrong is status 0. `provider` tells where the model runs."""
    from http.client import HTTPException  # noqa: PLC0415 - only who sends needs it
    from urllib.error import HTTPError  # noqa: PLC0415
    from urllib.request import Request  # noqa: PLC0415

    request = Request(  # noqa: S310 - Collector lets http and https pass, and nothing else
        collector.address.rstrip("/") + parcel.path,
        data=parcel.body,
        headers=_headers(collector.key, parcel.kind, provider),
        method="POST",
    )
    try:
        with _opener(collector).open(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.read(LARGEST))
    except HTTPError as error:
        with error:
            return Answer(error.code, b"", _seconds(error.headers.get("Retry-After")))
    except (OSError, HTTPException, ValueError):
        return Answer(0)


def _headers(key: str, kind: str, provider: str) -> dict[str, str]:
    """The key as Carnet's own endpoints read it, and as those do that speak Sentry's protocol."""
    return {
        "Content-Type": kind,
        "Authorization": f"Bearer {key}",
        "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=carnet-agent/1, sentry_key={key}",
        "User-Agent": "carnet-agent",
        **({"X-Carnet-Provider": provider} if provider else {}),
    }


def _opener(collector: Collector) -> OpenerDirector:
    """Without redirects, which would carry the key elsewhere; proxies as the environment says, but not on loopback."""
    from ssl import TLSVersion, create_default_context  # noqa: PLC0415
    from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, build_opener  # noqa: PLC0415

    class _Stay(HTTPRedirectHandler):
        def redirect_request(
            self, req: object, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
        ) -> None:
            """A redirect is an answer like any other."""

    parts = urlsplit(collector.address)
    handlers: list[object] = [_Stay()]
    if is_loopback(parts.hostname or ""):
        handlers.append(ProxyHandler({}))
    if parts.scheme == "https":
        context = create_default_context()
        context.minimum_version = TLSVersion.TLSv1_2
        handlers.append(HTTPSHandler(context=context))
    return build_opener(*handlers)  # type: ignore[arg-type]  # each is a handler


def _seconds(told: str | None) -> float:
    """Retry-After in seconds; a date, or nonsense, is none."""
    return min(float(told), 3600.0) if told is not None and told.isascii() and told.isdecimal() else 0.0
