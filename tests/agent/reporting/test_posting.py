"""One request, whatever comes back."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from carnet.agent import Collector
from carnet.agent.reporting.nouns import Parcel
from carnet.agent.reporting.posting import post
from tests.agent.reporting.ground import KEY

if TYPE_CHECKING:
    from tests.agent.reporting.ground import Taker

PARCEL = Parcel("survey", "/api/survey", "application/json", b"{}")


def test_a_parcel_is_posted_with_the_key(taker: Taker) -> None:
    answer = post(Collector(taker.address, KEY), PARCEL, 5, "bedrock")

    assert (answer.taken, answer.body) == (True, b'{"receipt": "R-1"}')
    (came,) = taker.received
    assert (came.path, came.body) == ("/api/survey", b"{}")
    assert (came.headers["Authorization"], came.headers["Content-Type"]) == (f"Bearer {KEY}", "application/json")
    assert came.headers["X-Sentry-Auth"].endswith(f", sentry_key={KEY}")
    assert came.headers["X-Carnet-Provider"] == "bedrock"


def test_a_redirect_is_not_followed_since_it_would_carry_the_key_away(taker: Taker) -> None:
    taker.answers.append((307, {"Location": f"{taker.address}/elsewhere"}, b""))

    answer = post(Collector(taker.address, KEY), PARCEL, 5)

    assert (answer.status, answer.taken, answer.again) == (307, False, False)
    assert taker.paths() == ["/api/survey"]


@pytest.mark.parametrize(
    ("status", "again"), [(429, True), (503, True), (401, True), (400, False), (413, False), (422, False)]
)
def test_which_refusals_are_worth_another_try(taker: Taker, status: int, again: bool) -> None:  # noqa: FBT001
    taker.answers.append((status, {"Retry-After": "7"}, b""))

    answer = post(Collector(taker.address, KEY), PARCEL, 5)

    assert (answer.status, answer.again, answer.wait) == (status, again, 7.0)


def test_nobody_there_is_no_exception() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        answer = post(Collector(f"http://127.0.0.1:{unused.getsockname()[1]}", KEY), PARCEL, 5)

    assert (answer.status, answer.again) == (0, True)


def test_an_answer_that_is_no_http_is_no_exception() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        answer = post(Collector(f"http://127.0.0.1:{server.getsockname()[1]}", KEY), PARCEL, 5)
        thread.join()

    assert answer.status == 0


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(taker: Taker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert post(Collector(taker.address, KEY), PARCEL, 5).taken
