"""Sinks: what could not work is refused when it is added; secrets stay where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.answers import sink_answer
from carnet.accounts.sinks import check_sink, headers_of, secret_of
from carnet.errors import CarnetError
from carnet.model.sink import Progress, Sink
from tests.records.kept import NOW

if TYPE_CHECKING:
    from typing import Any

ONE = Sink("own", 1, "https://otel.acme.test", NOW)
HOOKED = replace(ONE, webhook="https://acme.test/hook", webhook_key_env="SECRET")


def test_a_sink_is_kept_without_its_last_slash_and_may_be_on_a_private_address() -> None:
    assert check_sink(replace(ONE, url="https://10.0.0.7:4318/")).url == "https://10.0.0.7:4318"
    assert check_sink(HOOKED) == HOOKED


@pytest.mark.parametrize(("change", "told"), [
    ({"name": "A B"}, "is no name"),
    ({"url": "http://otel.acme.test"}, "in the clear"),
    ({"url": "https://me:secret@otel.acme.test"}, "credentials do not belong"),
    ({"flows": ("metrics", "feedback")}, "only metrics and errors"),
    ({"flows": ()}, "only metrics and errors"),
    ({"encoding": "xml"}, "none of protobuf, json"),
    ({"headers": (("Content-Length", "VAR"),)}, "no header that can be added"),
    ({"headers": (("a", "VAR"), ("A", "OTHER"))}, "given twice"),
    ({"webhook": "https://acme.test/hook"}, "--webhook-key-env"),
    ({"webhook_key_env": "VAR"}, "--webhook-key-env"),
    ({"webhook": "http://acme.test/hook", "webhook_key_env": "VAR"}, "in the clear"),
    ({"webhook": "https://acme.test/hook", "webhook_key_env": "whsec_abc=="}, "name the environment variable"),
])  # fmt: skip
def test_what_could_not_work_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(CarnetError, match=told):
        check_sink(replace(ONE, **change))


def test_a_secret_is_base64_of_at_least_24_bytes() -> None:
    assert secret_of(HOOKED, {"SECRET": "whsec_" + "QUJD" * 8}) == b"ABC" * 8


@pytest.mark.parametrize("value", ["", "whsec_", "whsec_QUJD", "QUJD" * 8, "whsec_" + "!" * 40])
def test_a_secret_that_is_none_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(CarnetError, match="SECRET: set it") as caught:
        secret_of(HOOKED, {"SECRET": value})
    assert not value.removeprefix("whsec_") or value not in str(caught.value)


def test_headers_are_read_when_they_are_used() -> None:
    one = replace(ONE, headers=(("Authorization", "VAR"),))
    assert headers_of(one, {"VAR": " Bearer x "}) == [("Authorization", "Bearer x")]
    with pytest.raises(CarnetError, match="the sink own takes its credential from VAR"):
        headers_of(one, {})


def test_an_answer_names_variables_and_says_how_far_it_is() -> None:
    told = sink_answer(HOOKED, Progress(NOW, 5, 1, 2, "it answered 503"), 3, {1: "acme"})
    assert told["org"] == "acme"
    assert told["webhook_key_env"] == "SECRET"
    assert [told[one] for one in ("sent", "refused", "dropped", "untold", "fault")] == [5, 1, 2, 3, "it answered 503"]
