"""A public issue: the exact text first, then its confirmation, and never anything of the transcript."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from carnet.gateway.intake.contract import RefusedError
from carnet.gateway.intake.issues import TITLE, Found, drafted
from tests.gateway.intake.ground import CANARY
from tests.records.kept import ACME, PAT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gateway.intake.ground import Ground

PATH = "/api/feedback/issue"
FEEDBACK = {
    "description": "It stops\nwhen I type.",
    "transcript": [{"content": f"def {CANARY}(): pass"}],
    "scope": "7d",
}


@contextmanager
def tracker(ground: Ground, monkeypatch: pytest.MonkeyPatch, status: int = 201) -> Iterator[list[dict[str, Any]]]:
    """A tracker on loopback that remembers what it was asked for."""
    asked: list[dict[str, Any]] = []

    class Turn(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append({"path": self.path, "key": self.headers["authorization"], **body})
            answer = json.dumps({"html_url": "https://tracker.test/acme/app/issues/7"}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Turn) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings = ground.front._settings.with_option("intake.issues-repository", "acme/app")
        ground.front._settings = settings.with_option("intake.issues-url", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("CARNET_ISSUES_TOKEN", "tracker-token")
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def test_a_text_is_shown_then_confirmed_and_made_once(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracker(ground, monkeypatch) as asked:
        receipt = ground.post("/api/feedback", FEEDBACK).json()["receipt"]
        shown = ground.post(PATH, {"receipt": receipt}).json()
        assert (shown["repository"], shown["title"], shown["text"]) == (
            "acme/app",
            "It stops",
            "It stops\nwhen I type.",
        )
        assert (asked, shown["url"]) == ([], None)
        for _ in range(2):
            made = ground.post(PATH, {"receipt": receipt, "digest": shown["digest"]})
            assert made.json() == {"url": "https://tracker.test/acme/app/issues/7"}
        assert asked == [
            {
                "path": "/repos/acme/app/issues",
                "key": "Bearer tracker-token",
                "title": "It stops",
                "body": shown["text"],
            }
        ]
        assert CANARY not in json.dumps(asked) + json.dumps(shown)
        assert ground.post(PATH, {"receipt": receipt}).json()["url"] == "https://tracker.test/acme/app/issues/7"


def test_another_digest_makes_nothing(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracker(ground, monkeypatch) as asked:
        receipt = ground.post("/api/feedback", FEEDBACK).json()["receipt"]
        for digest in ("0" * 64, "x", "é"):
            assert ground.post(PATH, {"receipt": receipt, "digest": digest}).status_code == 409
        assert asked == []


def test_only_ones_own_report_is_found(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracker(ground, monkeypatch) as asked:
        receipt = ground.post("/api/feedback", FEEDBACK).json()["receipt"]
        assert ground.post(PATH, {"receipt": receipt}, PAT).status_code == 404
        assert ground.post(PATH, {"receipt": "0" * 16}).status_code == 404
        shared = ground.post("/api/transcript-share", {"consent": "yes", "transcript": ["x"]}).json()["receipt"]
        assert ground.post(PATH, {"receipt": shared}).status_code == 404
        ground.shelf.change(ACME, {"product-feedback": False})
        ground.intake._book.refresh()  # as it does within a second
        assert ground.post(PATH, {"receipt": receipt}).status_code == 403
        assert asked == []


@pytest.mark.parametrize("body", [{}, [], {"receipt": 5}, {"receipt": "../x"}, {"receipt": "0" * 16, "text": CANARY}])
def test_another_form_is_told(ground: Ground, monkeypatch: pytest.MonkeyPatch, body: object) -> None:
    with tracker(ground, monkeypatch):
        assert ground.post(PATH, body).status_code == 422


def test_a_tracker_that_refuses_is_told_and_may_be_asked_again(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracker(ground, monkeypatch, status=403) as asked:
        receipt = ground.post("/api/feedback", FEEDBACK).json()["receipt"]
        digest = ground.post(PATH, {"receipt": receipt}).json()["digest"]
        for _ in range(2):
            assert ground.post(PATH, {"receipt": receipt, "digest": digest}).status_code == 502
        assert len(asked) == 2
        monkeypatch.delenv("CARNET_ISSUES_TOKEN")
        assert ground.post(PATH, {"receipt": receipt, "digest": digest}).status_code == 502
        assert len(asked) == 2


def test_where_none_are_made_that_is_said(ground: Ground) -> None:
    assert ground.post(PATH, {"receipt": "0" * 16}).status_code == 404


def test_a_description_that_quotes_the_transcript_becomes_no_issue() -> None:
    transcript = ["short", {"role": "user", "content": ["line\n  def login(user):   return check(user)\n"]}]
    with pytest.raises(RefusedError):
        drafted(Found("see def login(user): return check(user) there", transcript, ""), "a/b")
    with pytest.raises(RefusedError):
        drafted(Found(" \n", transcript, ""), "a/b")
    assert drafted(Found("short words", transcript, ""), "a/b").text == "short words"


def test_a_title_is_the_first_line_within_its_bound() -> None:
    draft = drafted(Found("x" * 200 + "\nmore", [], ""), "a/b")
    assert (len(draft.title), draft.title[-1]) == (TITLE, "…")
    assert draft.digest != drafted(Found("x" * 200 + "\nmore", [], ""), "a/c").digest
