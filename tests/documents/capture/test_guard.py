"""What is judged is what is connected to."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from yarl import URL

from carnet.documents.capture.addresses import Allowed
from carnet.documents.capture.guard import Guard, RefusedError, system_lookup
from carnet.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.documents.capture.answer import Answer
    from carnet.documents.capture.guard import Lookup
    from carnet.settings import Settings

    from .site import Site


def resolver(*answers: list[str]) -> Lookup:
    """A name server that gives these answers one after the other, the last one for ever."""
    given = list(answers)

    async def lookup(host: str, port: int, family: socket.AddressFamily) -> list[tuple[socket.AddressFamily, str]]:  # noqa: ARG001
        found = given.pop(0) if len(given) > 1 else given[0]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, each) for each in found]

    return lookup


def test_a_name_that_resolves_to_a_private_address_is_refused(
    site: Site, fetch: Callable[..., Answer], settings: Settings
) -> None:
    site.page("/page.md", b"secret\n")
    with pytest.raises(FetchError, match=r"docs\.test resolves to 127\.0\.0\.1, which is a loopback") as caught:
        fetch(site.url(host="docs.test"), settings=settings, lookup=resolver(["127.0.0.1"]))
    assert caught.value.reason == "refused"
    assert site.requests == []


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    guard = Guard(Allowed(), resolver(["93.184.216.34", "10.0.0.1"]))
    with pytest.raises(RefusedError, match=r"^docs\.test resolves to 10\.0\.0\.1, which is a private address"):
        asyncio.run(guard.resolve("docs.test", 443))


def test_a_name_that_changes_its_answer_is_connected_to_where_it_was_judged(
    site: Site, fetch: Callable[..., Answer]
) -> None:
    site.page("/page.md", b"text\n")
    # The first answer is allowed, the second would be the metadata address: no second question is asked.
    lookup = resolver(["127.0.0.1"], ["169.254.169.254"])
    assert fetch(site.url(host="docs.test"), lookup=lookup).body == b"text\n"


def test_a_name_that_changes_to_a_refused_address_is_refused_at_the_next_request() -> None:
    guard = Guard(Allowed(), resolver(["93.184.216.34"], ["169.254.169.254"]))
    asyncio.run(guard.resolve("docs.test", 80))
    with pytest.raises(RefusedError, match="metadata"):
        asyncio.run(guard.resolve("docs.test", 80))


def test_the_address_of_a_connection_is_judged_once_more() -> None:
    guard = Guard(Allowed.parse("10.0.0.0/8"))
    with pytest.raises(RefusedError):
        guard.connect((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("169.254.169.254", 80)))
    guard.connect((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 80))).close()


def test_a_name_in_the_settings_may_resolve_to_a_private_address_on_its_port_only() -> None:
    guard = Guard(Allowed.parse("intra.test:8080"), resolver(["10.0.0.1"]))
    assert [each["host"] for each in asyncio.run(guard.resolve("intra.test", 8080))] == ["10.0.0.1"]
    guard.connect((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 8080))).close()
    with pytest.raises(RefusedError):
        guard.connect((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 22)))
    with pytest.raises(RefusedError):
        asyncio.run(guard.resolve("intra.test", 22))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/x"]
)
def test_an_address_written_out_is_judged(url: str) -> None:
    with pytest.raises(RefusedError, match=r"watch\.allow-private"):
        Guard(Allowed()).judge(URL(url))


def test_loopback_by_name_is_found_by_the_systems_resolver() -> None:
    found = asyncio.run(system_lookup("localhost", 80, socket.AF_UNSPEC))
    assert {address for _, address in found} <= {"127.0.0.1", "::1"}
    with pytest.raises(RefusedError, match="localhost"):
        asyncio.run(Guard(Allowed()).resolve("localhost", 80))


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_other_spellings_of_loopback_are_refused(
    fetch: Callable[..., Answer], settings: Settings, spelling: str
) -> None:
    with pytest.raises(FetchError, match=r"loopback|not a canonical"):
        fetch(f"http://{spelling}:9/", settings=settings, lookup=resolver(["127.0.0.1"]))
