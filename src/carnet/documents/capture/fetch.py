"""Fetching one address: politely, conditionally, within bounds, judged at every step."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import aiohttp
from yarl import URL

from carnet.documents.capture import redirects
from carnet.documents.capture.addresses import Allowed
from carnet.documents.capture.answer import Answer, StatusError, kept
from carnet.documents.capture.decoding import ACCEPTED, Body, too_large
from carnet.documents.capture.faults import explained, proxy_wants_credentials
from carnet.documents.capture.guard import Guard
from carnet.documents.capture.limits import Limits
from carnet.documents.capture.outbound import Outbound, tls
from carnet.documents.capture.pace import Pace
from carnet.documents.capture.retry import PASSING, retry_after, wait_before
from carnet.documents.capture.robots import MAX_BYTES, Forgetful, Robots
from carnet.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from carnet.documents.capture.answer import Validators
    from carnet.documents.capture.guard import Lookup
    from carnet.documents.capture.robots import Notes
    from carnet.settings import Settings

    Clock = Callable[[], datetime]

BACK_OFF = 0.5
"""Seconds before the second try, doubled with every further one."""


class Fetcher:
    """An open way to the outside: connections, robots.txt rules, each host's pace. Used as `async with`."""

    def __init__(
        self,
        settings: Settings,
        *,
        notes: Notes | None = None,
        lookup: Lookup | None = None,
        clock: Clock = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        back_off: float = BACK_OFF,
    ) -> None:
        self.limits = Limits.read(settings)
        self._outbound = Outbound.read(settings)
        self._tls = tls(settings)
        self._guard = Guard(Allowed.parse(settings["watch.allow-private"]), lookup)
        self._pace = Pace(self.limits.at_once, self.limits.per_host, self.limits.host_pause)
        self._robots = Robots(self._robots_text, clock, notes or Forgetful())
        self._clock = clock
        self._chance = chance
        self._back_off = back_off
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        guarded = aiohttp.TCPConnector(
            resolver=self._guard, socket_factory=self._guard.connect, ssl=self._tls, limit=0, ttl_dns_cache=60
        )
        # A proxy may well have a private address: what goes through it is judged before it is asked.
        through = aiohttp.TCPConnector(ssl=self._tls, limit=0)
        self._direct = await self._open.enter_async_context(self._session(guarded))
        self._proxied = await self._open.enter_async_context(self._session(through))
        return self

    async def __aexit__(self, *about: object) -> None:
        await self._open.aclose()

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        longest = min(self.limits.timeout, 20.0)
        return aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.limits.user_agent, "Accept-Encoding": ACCEPTED},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=longest, sock_read=longest),
            trust_env=False,
        )

    async def fetch(self, address: str, accept: str = "*/*", validators: Validators | None = None) -> Answer:
        """Fetch an address, with further tries where the fault may pass. Raises FetchError saying why not."""
        url = checked(address)
        attempt = 0
        while True:
            try:
                return await self._attempt(url, accept, validators)
            except FetchError as error:
                if error.reason not in PASSING or attempt >= self.limits.retries:
                    raise
                pause = wait_before(attempt, self._chance(), getattr(error, "after", None), self._back_off)
                if pause is None:
                    raise
            await asyncio.sleep(pause)
            attempt += 1

    async def part(self, address: str, accept: str) -> Answer:
        """Fetch what a page asks for while it is rendered: judged and bounded, without retries and robots.txt."""
        url, ways = checked(address), list[str]()
        while len(ways) <= redirects.MOST:
            answer = await self._hop(url, {"Accept": accept}, ways, self.limits.max_bytes)
            if isinstance(answer, Answer):
                return answer
            url = answer
            ways.append(redirects.shown(url))
        raise FetchError("redirected too often", "redirect")

    async def _attempt(self, url: URL, accept: str, validators: Validators | None) -> Answer:
        answer = await self._follow(url, accept, validators)
        if answer.status == 304 and validators is None:
            # Some cache in between believes we hold a copy: insist on the document once.
            answer = await self._follow(url, accept, None, fresh=True)
            if answer.status == 304:
                text = "answered 304 (not modified) to a request that held no earlier copy"
                raise StatusError(text, "not-modified", 304, answer.headers)
        return answer

    async def _follow(self, asked: URL, accept: str, validators: Validators | None, *, fresh: bool = False) -> Answer:
        """Follow redirects to the answer, each hop judged, paced and allowed by its robots.txt."""
        url, ways, seen, left = asked, list[str](), {asked}, self.limits.timeout
        loop = asyncio.get_running_loop()
        while True:
            delay = await self._robots.delay(url) if self.limits.robots else 0.0
            headers = {
                "Accept": accept,
                **_conditions(url, validators),
                **({"Cache-Control": "no-cache"} if fresh else {}),
            }
            async with self._pace.turn(url.host or "", delay):
                began = loop.time()
                answer = await self._hop(url, headers, ways, self.limits.max_bytes, left)
                left -= loop.time() - began  # waiting for the turn is not the server's time
            if isinstance(answer, Answer):
                if what := redirects.objection(asked, url):
                    raise StatusError(what, "redirect", answer.status, answer.headers)
                return answer
            url = answer
            ways.append(redirects.shown(url))
            if url in seen:
                raise FetchError(f"redirected in a circle, back to {redirects.shown(url)}", "redirect")
            if len(ways) > redirects.MOST:
                raise FetchError(f"redirected more than {redirects.MOST} times, last to {ways[-1]}", "redirect")
            seen.add(url)

    async def _hop(
        self, url: URL, headers: dict[str, str], ways: list[str], most: int, seconds: float | None = None
    ) -> Answer | URL:
        """One request: an answer, or the address it redirects to."""
        try:
            limit = self.limits.timeout if seconds is None else max(seconds, 0.0)
            async with asyncio.timeout(limit), self._request(url, headers) as response:
                if response.status in {301, 302, 303, 307, 308}:
                    return _target(url, response)
                held = kept(response.headers, ways)
                self._judge_status(response, held)
                body = b"" if response.status in {304, 404, 410} else await _read(response, most)
                return Answer(response.status, str(url), held, body)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise explained(error, url, self._outbound.proxy_for(url), self.limits.timeout) from error

    @asynccontextmanager
    async def _request(self, url: URL, headers: dict[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        self._guard.judge(url)
        proxy = self._outbound.proxy_for(url)
        if proxy is None:
            async with self._direct.get(url, headers=headers, allow_redirects=False) as response:
                yield response
        else:
            await self._judge_for_proxy(url)
            shown = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
            tunnel = url.scheme == "https"
            async with self._proxied.get(
                url,
                headers=headers if tunnel else headers | shown,
                proxy=proxy.url,
                proxy_headers=shown if tunnel else None,
                allow_redirects=False,
            ) as response:
                if response.status == 407:
                    raise proxy_wants_credentials(proxy)
                yield response

    async def _judge_for_proxy(self, url: URL) -> None:
        """Refuse a name that resolves here to a refused address; one that does not resolve is the proxy's to judge."""
        try:
            async with asyncio.timeout(5):
                await self._guard.addresses(url.host or "", url.port or 0)
        except FetchError:
            raise
        except OSError:
            return

    def _judge_status(self, response: aiohttp.ClientResponse, held: tuple[tuple[str, str], ...]) -> None:
        status = response.status
        if status in {200, 203, 304, 404, 410}:
            return
        after = retry_after(response.headers.get("Retry-After"), self._clock())
        wait = f"; it asks to come back in {after:.0f} s" if after is not None else ""
        words, reason = _meaning(status)
        raise StatusError(f"{words} (status {status}){wait}", reason, status, held, after)

    async def _robots_text(self, url: URL) -> tuple[int, bytes]:
        """Status and text of a robots.txt, wherever redirects lead. Raises FetchError when it cannot be reached."""
        ways: list[str] = []
        for _ in range(redirects.MOST + 1):
            try:
                async with self._pace.turn(url.host or ""):
                    answer = await self._hop(url, {"Accept": "text/plain"}, ways, MAX_BYTES)
            except StatusError as error:
                return error.status, b""
            if isinstance(answer, Answer):
                return answer.status, answer.body
            url = answer
        return 404, b""


def checked(address: str) -> URL:
    """An address that may be asked for at all. Raises FetchError otherwise."""
    if any(sign.isspace() or not sign.isprintable() for sign in address):
        raise FetchError(f"{address[:200]!r} is not an address: it has white space or control characters", "address")
    try:
        url = URL(address).with_fragment(None)
        port = url.port
    except ValueError as error:
        raise FetchError(f"{address[:200]!r} is not an address: {error}", "address") from error
    if url.scheme not in {"http", "https"}:
        raise FetchError(f"only http and https addresses are captured, not {address[:200]!r}", "address")
    if url.user is not None or url.password is not None:
        raise FetchError("an address with a user name or password in it is not captured", "address")
    if not url.host or not port:
        raise FetchError(f"{address[:200]!r} names no host", "address")
    return url


def _target(url: URL, response: aiohttp.ClientResponse) -> URL:
    location = response.headers.get("Location", "")
    if not location:
        raise FetchError(f"redirected nowhere (status {response.status} without Location)", "redirect")
    try:
        target = url.join(URL(location)).with_fragment(None)
        return checked(str(target.with_user(None) if target.user is not None else target))
    except (ValueError, FetchError) as error:
        raise FetchError(f"redirected to what is no web address: {location[:200]!r}", "redirect") from error


def _conditions(url: URL, validators: Validators | None) -> dict[str, str]:
    """The headers of a conditional request; only for the very address that gave the validators."""
    if validators is None or validators.url != str(url):
        return {}
    named = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in named.items() if value}


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "")
    if (response.content_length or 0) > most:
        raise too_large(most)
    body, received = Body(encoding, most), 0
    async for data in response.content.iter_any():
        received += len(data)
        # Bytes behind the end of a compressed stream make nothing, and must end all the same.
        if received > most + 65_536:
            raise too_large(most)
        body.add(data)
    return body.whole()


def _meaning(status: int) -> tuple[str, str]:
    if status in {401, 403}:
        return "refused, as a page behind a sign-in or a bot check is", "forbidden"
    if status == 429:
        return "too many requests", "busy"
    if status == 503:
        return "the server is busy", "busy"
    if status >= 500 or status == 408:
        return "the server failed", "server-error"
    if status == 451:
        return "not available for legal reasons", "forbidden"
    return "an answer that is no document", "status"
