from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.documents.history import folder
from carnet.documents.history.folder import read_folder
from carnet.errors import CarnetError
from tests.documents.history.histories import Notes

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.documents.history.step import Step


def write(top: Path, *paths: str) -> Path:
    for path in paths:
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(path.encode())
    return top


def read(top: Path, *globs: str) -> list[Step]:
    return list(read_folder(top, globs, Notes()))


MINUTE = datetime(2026, 4, 22, 3, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "at", "document"),
    [
        ("data-usage/2026-04-22.md", MINUTE.replace(hour=0, minute=0), "data-usage.md"),
        ("data-usage/2026-04-22T0358.md", MINUTE, "data-usage.md"),
        ("data-usage/2026-04-22T03-58-10Z.md", MINUTE.replace(second=10), "data-usage.md"),
        ("data-usage.2026-04-22.md", MINUTE.replace(hour=0, minute=0), "data-usage.md"),
        ("data-usage-2026-04-22T0358.md", MINUTE, "data-usage.md"),
        ("data-usage_2026-04-22_0358.txt", MINUTE, "data-usage.txt"),
        ("2026-04-22-data-usage.md", MINUTE.replace(hour=0, minute=0), "data-usage.md"),
        ("2026-04-22/data-usage.md", MINUTE.replace(hour=0, minute=0), "data-usage.md"),
        ("2026-04-22T0358/guides/setup.md", MINUTE, "guides/setup.md"),
        ("2026-04-22 03:58 UTC/a.md", MINUTE, "a.md"),
        ("a-2026-04-22-b.md", MINUTE.replace(hour=0, minute=0), "a-b.md"),
        ("2026-04-22T035810.md", MINUTE.replace(second=10), "history.md"),
    ],
)
def test_a_date_anywhere_in_the_path_is_the_capture_time(
    tmp_path: Path, path: str, at: datetime, document: str
) -> None:
    (step,) = read(write(tmp_path / "history", path))

    assert (step.at, step.order, step.source) == (at, at, f"folder {path}")
    assert [(one.document, one.read and one.read()) for one in step.seen] == [(document, path.encode())]


names = st.from_regex(r"[a-z][a-z]{0,8}(-[a-z]{1,8})?", fullmatch=True)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(second=0, microsecond=0)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names, at=instants, layout=st.sampled_from(["{n}/{t}.md", "{n}.{t}.md", "{t}/{n}.md", "{n}-{t}.md"]))
def test_every_layout_gives_back_name_and_instant(tmp_path: Path, name: str, at: datetime, layout: str) -> None:
    path = layout.format(n=name, t=f"{at:%Y-%m-%dT%H%M}")

    assert folder._dated(tmp_path, path) == (at, path, f"{name}.md")


def test_files_come_oldest_first_and_by_path_within_an_instant(tmp_path: Path) -> None:
    top = write(tmp_path, "b/2026-02-01.md", "a/2026-02-01.md", "b/2026-01-01.md", "a/2027-01-01.md")

    assert [step.mark for step in read(top)] == [
        "b/2026-01-01.md",
        "a/2026-02-01.md",
        "b/2026-02-01.md",
        "a/2027-01-01.md",
    ]


def test_a_file_without_a_date_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a/2026-01-01.md", "README.md")

    with pytest.raises(CarnetError, match=r"README\.md: no date in its name"):
        read(tmp_path)
    assert len(read(tmp_path, "!README.md")) == 1


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("a/2026-13-01.md", "is no date"),
        ("a/2026-02-30.md", "is no date"),
        ("a/2026-02-03T2561.md", "is no date"),
        ("2026-01-01/a-2026-01-02.md", "more than one date"),
        ("a/20260101.md", "no date"),
        ("a/12026-01-01.md", "no date"),
    ],
)
def test_a_date_that_is_none_is_named(tmp_path: Path, path: str, says: str) -> None:
    with pytest.raises(CarnetError, match=says) as raised:
        read(write(tmp_path, path))
    assert path in str(raised.value)


def test_hidden_files_links_and_others_are_left_out(tmp_path: Path) -> None:
    top = write(tmp_path, "a/2026-01-01.md", ".git/2026-01-01.md", "a/.2026-01-02.md", "a/2026-01-01.png")
    (top / "a/2026-01-03.md").symlink_to(top / "a/2026-01-01.md")

    assert [step.mark for step in read(top)] == ["a/2026-01-01.md"]


def test_a_file_too_large_is_skipped_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "LARGEST", 3)
    notes = Notes()

    (step,) = read_folder(write(tmp_path, "a/2026-01-01.md"), (), notes)

    assert step.seen == ()
    assert "a/2026-01-01.md" in notes.notes[0]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CarnetError, match="cannot be read"):
        read(tmp_path / "absent")
