"""What a person sent, made readable: no shape of a transcript is too odd for it."""

from __future__ import annotations

import json

import pytest

from carnet.gateway.intake import conversation
from carnet.gateway.intake.conversation import Piece, sent


def report(transcript: object, **more: object) -> bytes:
    return json.dumps(
        {"receipt": "ab", "report": {"description": "it stopped", "transcript": transcript, **more}}
    ).encode()


def turns(*entries: object) -> list[tuple[str, list[tuple[str, str]]]]:
    found = sent(report(list(entries)))
    return [(turn.who, [(piece.label, piece.text) for piece in turn.pieces]) for turn in found.turns]


def test_words_scope_and_what_was_removed_are_told() -> None:
    row = {
        "receipt": "ab",
        "removed": {"b": 1, "a": 2},
        "report": {"description": "d", "scope": "24h", "transcript": []},
    }
    found = sent(json.dumps(row).encode())
    assert (found.receipt, found.description, found.scope, found.removed) == ("ab", "d", "24h", (("a", 2), ("b", 1)))


def test_messages_and_lines_of_transcripts_are_read_alike() -> None:
    block = {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}}
    result = {"type": "tool_result", "content": [{"type": "text", "text": "a.py"}]}
    assert turns({"role": "user", "content": "hi"}) == [("user", [("", "hi")])]
    assert turns({"type": "user", "message": {"role": "user", "content": [result]}}) == [
        ("user", [("tool_result", "a.py")])
    ]
    assert turns({"role": "assistant", "content": [{"type": "text", "text": "so"}, block]}) == [
        ("assistant", [("", "so"), ("tool_use Bash", '{\n  "command": "ls"\n}')])
    ]
    assert turns({"type": "system", "text": "begun"}) == [("system", [("", "begun")])]


@pytest.mark.parametrize("entry", [None, 3, "word", [], {}, {"role": 7}, {"content": None}, {"content": [[1], None]}])
def test_what_has_no_shape_is_shown_as_it_is(entry: object) -> None:
    assert len(turns(entry)) == 1


def test_long_ones_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "MOST_ENTRIES", 2)
    monkeypatch.setattr(conversation, "LONGEST", 5)
    found = sent(report(["123456789", "b", "c"]))
    assert found.entries == 3
    assert [turn.pieces for turn in found.turns] == [(Piece("", "12345", 4),), (Piece("", "b"),)]


@pytest.mark.parametrize("data", [b"words by hand", b"\xff\xfe", b"[1]", b'{"report": 1}', b'{"a":' * 5000])
def test_a_body_that_is_no_report_is_told_as_text(data: bytes) -> None:
    found = sent(data)
    assert (found.receipt, found.turns) == ("", ())
    assert found.description
