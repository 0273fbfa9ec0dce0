"""The vendor's Python SDK, unchanged, through a relay of real processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2
import pytest

from carnet.stores.embedded.records import EmbeddedRecords
from tests.journeys.relaying import CREDENTIAL, Kept, Site, kept_of, site, upstream
from tests.journeys.vendor import MODELS, Vendor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anthropic.types import Message, MessageParam

    from tests.gateway.upstream import Fake

ANN, PAT = "ann@acme.test", "pat@people.test"
CLASSES = {ANN: ("days30", "no"), PAT: ("years5", "yes")}
"""What becomes of an account's exchanges."""


@dataclass
class Stage:
    """A relay that runs, its upstream, and a key of each account."""

    site: Site
    fake: Fake
    keys: dict[str, str]
    vendor: Vendor
    records: EmbeddedRecords

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.site.port}"

    def client(self, account: str = ANN, session: str = "", **more: Any) -> anthropic.Anthropic:
        given = {"base_url": self.url, "api_key": self.keys[account], "max_retries": 0, **more}
        return anthropic.Anthropic(**given, default_headers=_session(session))

    def async_client(self, account: str = ANN, session: str = "") -> anthropic.AsyncAnthropic:
        key = self.keys[account]
        return anthropic.AsyncAnthropic(
            base_url=self.url, api_key=key, max_retries=0, default_headers=_session(session)
        )

    def kept(self, session: str, number: int) -> list[Kept]:
        """The records of a session. Only a response that breaks off does not wait for its own."""
        self.site.until(lambda: len(kept_of(self.records, session)) >= number)
        found = kept_of(self.records, session)
        assert len(found) == number
        return found


def _session(session: str) -> dict[str, str]:
    return {"x-claude-code-session-id": session} if session else {}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "home").mkdir()
    made = site(folder / "data", folder / "home")
    made.carnet("org", "add", "Acme", "--terms", "commercial", "--tier", "enterprise")
    made.carnet("org", "add", "People", "--terms", "consumer", "--tier", "pro")
    made.carnet("account", "add", ANN, "--org", "Acme")
    made.carnet("account", "add", PAT, "--org", "People", "--model-improvement", "on")
    vendor = Vendor()
    with upstream(vendor) as fake:
        made.carnet("upstream", "add", "main", "--format", "messages", "--url", fake.url, "--key-env", "UPSTREAM_KEY")
        keys = {name: made.carnet("key", "create", "--account", name).strip() for name in CLASSES}
        with made.serving(), closing(EmbeddedRecords(made.data)) as records:
            yield Stage(made, fake, keys, vendor, records)


def asking(words: str) -> dict[str, Any]:
    messages: list[MessageParam] = [{"role": "user", "content": words}]
    return {"model": MODELS[0], "max_tokens": 99, "messages": messages}


def words_of(message: Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_it_creates_counts_and_lists(stage: Stage) -> None:
    with stage.client(session="sync") as client:
        made = client.messages.create(**asking("Grüße"))
        assert words_of(made) == "You said: Grüße"
        assert (made.usage.input_tokens, made.usage.output_tokens) == (12, 57)
        assert str(made._request_id).startswith("req_")
        counted = client.messages.count_tokens(model=MODELS[0], messages=asking("x")["messages"])
        assert counted.input_tokens > 0
        assert [model.id for model in client.models.list()] == list(MODELS)
        assert client.models.retrieve(MODELS[1]).display_name == "Claude-Test-2"
    assert sorted(str(one.known.request["target"]) for one in stage.kept("sync", 4)) == [
        "/v1/messages", "/v1/messages/count_tokens", "/v1/models", f"/v1/models/{MODELS[1]}",
    ]  # fmt: skip


def test_it_streams(stage: Stage) -> None:
    with stage.client(PAT, "stream", api_key=None, auth_token=stage.keys[PAT]) as client:
        with client.messages.stream(**asking("word by word")) as stream:
            parts = list(stream.text_stream)
            final = stream.get_final_message()
        assert parts == ["You sai", "d: word", " by wor", "d"]
        assert (words_of(final), final.stop_reason, final.usage.output_tokens) == (
            "You said: word by word", "end_turn", 57,
        )  # fmt: skip
    (kept,) = stage.kept("stream", 1)
    assert kept.response in stage.vendor.bodies
    assert kept.decided == CLASSES[PAT]
    assert (kept.known.model, kept.known.usage["output"], kept.known.stop_reason) == (MODELS[0], 57, "end_turn")


async def test_30_streams_at_once_are_30_records_each_under_its_own_terms(stage: Stage) -> None:
    before = len(stage.fake.requests)

    async def one(number: int) -> str:
        client = clients[number % 2]
        async with client.messages.stream(**asking(f"number {number}")) as stream:
            return words_of(await stream.get_final_message())

    clients = [stage.async_client(account, f"many-{account}") for account in CLASSES]
    answers = await asyncio.gather(*(one(number) for number in range(30)))
    for client in clients:
        await client.close()
    assert answers == [f"You said: number {number}" for number in range(30)]
    assert len(stage.fake.requests) - before == 30
    for account, decided in CLASSES.items():
        found = stage.kept(f"many-{account}", 15)
        assert Counter(one.decided for one in found) == {decided: 15}
        assert {one.row["account"] for one in found} == {account}


def test_30_threads_at_once_are_30_records(stage: Stage) -> None:
    with stage.client(session="threads") as client, ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda number: words_of(client.messages.create(**asking(f"{number}"))), range(30)))
    assert answers == [f"You said: {number}" for number in range(30)]
    sent = {got.body for got in stage.fake.requests}
    assert all(one.request in sent for one in stage.kept("threads", 30))


@pytest.mark.parametrize(
    ("word", "kind", "status"),
    [
        ("fail-400", anthropic.BadRequestError, 400),
        ("fail-404", anthropic.NotFoundError, 404),
        ("fail-429", anthropic.RateLimitError, 429),
        ("fail-500", anthropic.InternalServerError, 500),
        ("fail-529", anthropic._exceptions.OverloadedError, 529),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
def test_an_error_of_the_upstream_is_the_sdks_own(
    stage: Stage, word: str, kind: type[anthropic.APIStatusError], status: int, *, streams: bool
) -> None:
    session = f"{word}-{streams}"
    with stage.client(session=session) as client, pytest.raises(kind) as caught:
        client.messages.create(**asking(word), stream=streams)
    error = caught.value
    assert (error.status_code, error.request_id) == (status, error.response.headers["request-id"])
    assert error.response.headers["x-odd"] == "kept"
    assert error.response.content in stage.vendor.bodies
    (kept,) = stage.kept(session, 1)
    assert (kept.known.response["status"], kept.response) == (status, error.response.content)


def test_every_attempt_of_the_sdk_is_a_record(stage: Stage) -> None:
    with stage.client(session="again", max_retries=2) as client:
        assert words_of(client.messages.create(**asking("fail-529 twice then well"))).endswith("then well")
    assert [one.known.response["status"] for one in stage.kept("again", 3)] == [529, 529, 200]


def test_an_error_in_the_middle_of_a_stream_is_the_sdks_own(stage: Stage) -> None:
    with stage.client(session="middle") as client, pytest.raises(anthropic.APIStatusError) as caught:
        list(client.messages.create(**asking("fail-in-stream"), stream=True))
    assert "Overloaded" in str(caught.value)
    (kept,) = stage.kept("middle", 1)
    assert kept.known.response["ended"] == "complete"


def test_a_stream_that_breaks_off_is_no_whole_message(stage: Stage) -> None:
    with stage.client(session="broken") as client, pytest.raises(httpx2.RemoteProtocolError):
        list(client.messages.create(**asking("break-off"), stream=True))
    (kept,) = stage.kept("broken", 1)
    assert kept.known.response["ended"] == "upstream-lost"


def test_our_own_refusals_are_the_sdks_own_errors(stage: Stage) -> None:
    with (
        stage.client(api_key="sk-ant-oat01-a-login-token") as stranger,
        pytest.raises(anthropic.AuthenticationError) as no_key,
    ):
        stranger.messages.create(**asking("x"))
    assert "Carnet: " in str(no_key.value)
    with stage.client() as client, pytest.raises(anthropic.NotFoundError):
        client.post("/v1/complete", body={}, cast_to=object)
    with stage.client() as client, pytest.raises(anthropic.PermissionDeniedError):
        client.messages.batches.retrieve("msgbatch_1")


def test_the_foundry_client_shows_its_key_twice_and_is_one_of_ours(stage: Stage) -> None:
    key = stage.keys[ANN]
    headers = _session("foundry")
    with anthropic.AnthropicFoundry(base_url=stage.url, api_key=key, max_retries=0, default_headers=headers) as client:
        assert words_of(client.messages.create(**asking("from Foundry"))) == "You said: from Foundry"
    assert stage.fake.requests[-1].values(b"api-key") == []
    assert stage.fake.requests[-1].values(b"x-api-key") == [CREDENTIAL.encode()]
    (kept,) = stage.kept("foundry", 1)
    assert key not in str(kept.known)


def test_the_client_of_the_platform_on_aws_names_its_workspace(stage: Stage) -> None:
    with anthropic.AnthropicAWS(
        base_url=stage.url, api_key=stage.keys[ANN], workspace_id="ws-ann", max_retries=0,
        default_headers=_session("aws"),
    ) as client:  # fmt: skip
        assert words_of(client.messages.create(**asking("from AWS"))) == "You said: from AWS"
    assert stage.fake.requests[-1].values(b"anthropic-workspace-id") == [b"ws-ann"]
    assert len(stage.kept("aws", 1)) == 1
