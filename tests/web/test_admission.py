"""Links that work once, sessions that end, the token of scripts; time is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request

from carnet.web.admission import COOKIE, LINK_LIFE, SESSION_LIFE, WRONG_TOKENS, Admission, credential_of

MOMENT = timedelta(microseconds=1)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 23, 18, 19, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def admission(clock: Clock) -> Admission:
    return Admission("t" * 43, clock)


def request(cookie: str = "", authorization: str = "") -> Request:
    named = {"cookie": f"{COOKIE}={cookie}" if cookie else "", "authorization": authorization}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in named.items() if value]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})


def test_a_token_works_once(admission: Admission) -> None:
    token = admission.issue()

    assert admission.redeem(token)
    assert admission.redeem(token) is None


def test_tokens_and_sessions_are_256_bits_and_never_the_same(admission: Admission) -> None:
    tokens = [admission.issue() for _ in range(20)]
    sessions = [str(admission.redeem(token)) for token in tokens]

    assert len({*tokens, *sessions}) == 40
    assert {len(secret) for secret in (*tokens, *sessions)} == {43}


def test_neither_tokens_nor_sessions_are_kept(admission: Admission) -> None:
    token, waiting = admission.issue(), admission.issue()
    session = admission.redeem(token)

    for secret in (token, waiting, session, "t" * 43):
        assert str(secret) not in repr(vars(admission))


def test_a_token_expires_after_ten_minutes(admission: Admission, clock: Clock) -> None:
    early, late = admission.issue(), admission.issue()
    clock.now += LINK_LIFE - MOMENT
    assert admission.redeem(early)
    clock.now += MOMENT
    assert admission.redeem(late) is None


def test_the_first_token_waits_until_it_is_used(admission: Admission, clock: Clock) -> None:
    token = admission.issue(life=None)
    clock.now += timedelta(days=400)
    admission.issue()

    assert admission.redeem(token)
    assert admission.redeem(token) is None


def test_a_session_counts_for_twelve_hours_whatever_is_done_with_it(admission: Admission, clock: Clock) -> None:
    session = str(admission.redeem(admission.issue()))
    clock.now += SESSION_LIFE - MOMENT
    assert admission.judge(request(cookie=session)) == "session"
    clock.now += MOMENT
    assert admission.judge(request(cookie=session)) == ""


def test_a_session_that_was_ended_counts_no_more_and_others_still_do(admission: Admission) -> None:
    mine, other = (str(admission.redeem(admission.issue())) for _ in range(2))
    admission.end(mine)
    admission.end(mine)

    assert (admission.judge(request(cookie=mine)), admission.judge(request(cookie=other))) == ("", "session")


def test_a_sign_in_token_is_no_session_and_no_bearer_token(admission: Admission) -> None:
    token = admission.issue()

    assert admission.judge(request(cookie=token, authorization=f"Bearer {token}")) == ""


@pytest.mark.parametrize("shown", ["Bearer " + "t" * 43, "bearer " + "t" * 43, "BEARER  " + "t" * 43])
def test_the_token_of_scripts_counts(admission: Admission, shown: str) -> None:
    assert admission.judge(request(authorization=shown)) == "token"


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer ", "Basic " + "t" * 43, "t" * 43, "Bearer " + "t" * 42, "Bearer é"]
)
def test_anything_else_does_not(admission: Admission, shown: str) -> None:
    assert admission.judge(request(authorization=shown)) == ""


@pytest.mark.parametrize("shown", ["Bearer", "Bearer ", "Bearer None"])
def test_without_a_token_of_scripts_none_is_right(shown: str) -> None:
    assert Admission().judge(request(authorization=shown)) == ""


def test_after_ten_wrong_tokens_in_a_minute_there_is_a_pause(admission: Admission, clock: Clock) -> None:
    for second in range(WRONG_TOKENS):
        assert admission.pause() == 0
        admission.redeem(f"wrong {second}")
        clock.now += timedelta(seconds=1)
    assert admission.pause() == 50

    clock.now += timedelta(seconds=50)
    assert admission.pause() == 0
    admission.redeem("wrong")
    assert admission.pause() == 1


def test_right_tokens_make_no_pause(admission: Admission) -> None:
    for _ in range(WRONG_TOKENS * 2):
        assert admission.redeem(admission.issue())
    assert admission.pause() == 0


@pytest.mark.parametrize("token", ["", "é\ufffd", "\udcff", "\0", "x" * 10**6])
def test_any_text_may_be_shown_as_a_token(admission: Admission, token: str) -> None:
    assert admission.redeem(token) is None


def test_a_request_that_met_no_gate_has_shown_nothing() -> None:
    assert credential_of(request(cookie="x")) == ""
