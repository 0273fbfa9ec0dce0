"""The report of `carnet pack check`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from carnet.cli.pack_check import examine, report_answer
from carnet.documents.sentences import fingerprint
from tests.policy import shelves

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store

TODAY = date(2031, 7, 1)
MARK = (
    '[[passage]]\ndocument = "keeping"\nsection = "Logs"\n'
    f'fingerprint = "{fingerprint(shelves.NOBODY)}"\nkind = "context"\n'
)


def test_an_uncovered_sentence_is_one_finding_however_many_versions_carry_it(store: Store, tmp_path: Path) -> None:
    texts = (shelves.FIRST, shelves.FIRST + "\nMore of it.\n", shelves.FIRST + "\nMore.\n")
    shelf = shelves.shelve(store.documents, *texts)
    mark = MARK.replace(fingerprint(shelves.NOBODY), "s1:0000000000000000")
    made = shelves.pack(tmp_path, shelves.cited("kept", shelf.cite()), passages=mark)
    report = examine(made, store.documents, TODAY)
    assert [(one.check, "3 versions, 2031-05-06 .. 2031-07-01" in one.text) for one in report.findings] == [
        ("coverage", True)
    ]
    assert shelves.NOBODY not in report.findings[0].text


def test_a_case_that_does_not_come_out_is_a_finding(store: Store, tmp_path: Path) -> None:
    shelf = shelves.shelve(store.documents, shelves.FIRST)
    made = shelves.pack(tmp_path, shelves.cited("kept", shelf.cite()), passages=MARK)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "one.toml").write_text(
        'as_of = 2031-06-01\n[[case]]\nname = "wrong"\ncontext = {}\nverdicts = { metrics = "off" }\n'
    )
    report = examine(made, store.documents, TODAY)
    assert [one.check for one in report.findings] == ["cases"]


def test_the_answer_gives_sentences_from_the_store(store: Store, tmp_path: Path) -> None:
    shelf = shelves.shelve(store.documents, shelves.FIRST)
    mark = MARK.replace(fingerprint(shelves.NOBODY), "s1:0000000000000000")
    made = shelves.pack(tmp_path, shelves.cited("kept", shelf.cite()), passages=mark)
    answer = report_answer(examine(made, store.documents, TODAY))
    assert answer["citations"] == {"found": 1, "not_checkable": 0}
    assert shelves.NOBODY in str(answer["coverage"])
