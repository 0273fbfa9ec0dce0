"""`carnet show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.cli import show
from carnet.model.document import Document, Observation

from .histories import FIRST, SECOND, TEXTS

if TYPE_CHECKING:
    from carnet.stores.contract import Store

    from .conftest import Carnet


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], FIRST),
        (["--as-of", "2031-06-02"], SECOND),
        (["--as-of", "2031-06-01"], FIRST),
        (["--as-of", "2031-06-02T17:14"], FIRST),
        (["--as-of", "2031-06-02T17:15"], SECOND),
    ],
)
def test_a_document_is_printed_as_it_stood(carnet: Carnet, options: list[str], text: str) -> None:
    assert carnet("show", "keeping", *options).raw == text.encode()


def test_a_pipe_gets_the_text_byte_for_byte(carnet: Carnet, store: Store) -> None:
    text = b"\xff\x00 not UTF-8\r\nno end"
    document = store.documents.add_document(Document(0, "juniper", "raw", "https://juniper.example/raw"))
    store.documents.record([Observation(document.id, TEXTS["keeping"][0][0], text)])

    assert carnet("show", "raw").raw == text


def test_a_terminal_gets_no_control_characters(carnet: Carnet, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    document = store.documents.add_document(Document(0, "juniper", "raw", "https://juniper.example/raw"))
    store.documents.record([Observation(document.id, TEXTS["keeping"][0][0], b"a\x1b[2Jb \xff")])
    monkeypatch.setattr(show, "on_terminal", lambda: True)

    assert carnet("show", "raw").out == "a\ufffd[2Jb \ufffd\n"


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["training"], "juniper/training was not there from 2032-02-01 00:01 UTC on"),
        (["keeping", "--as-of", "2030-01-01"], "no version as of 2030-01-01"),
        (["keeping", "--as-of", "deadbeef"], "no version deadbeef"),
        (["kept"], "no document 'kept'"),
    ],
)
def test_what_is_not_there_ends_with_2_and_says_why(carnet: Carnet, args: list[str], said: str) -> None:
    shown = carnet("show", *args)

    assert (shown.status, shown.out) == (2, "")
    assert said in shown.err


def test_a_document_without_a_version_says_how_to_get_one(carnet: Carnet, store: Store) -> None:
    store.documents.add_document(Document(0, "juniper", "empty", "https://juniper.example/empty"))

    shown = carnet("show", "empty")

    assert shown.status == 2
    assert "carnet capture juniper/empty" in shown.err
