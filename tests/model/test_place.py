"""Whose a file in the agent's folder is."""

from __future__ import annotations

import pytest

from carnet.model.place import Held, Place

TRANSCRIPTS = Place("transcripts", "projects/*/*.jsonl", "sessions", project=1, session=2)
INSIDE = Place("tool-results", "projects/*/*/tool-results/**", "results", project=1, session=2)
NOTES = Place("plans", "plans/**", "plans")


def held(place: Place, path: str) -> Held:
    return Held(tuple(path.split("/")), place, 1, 0.0, 0o600, 0.0)


@pytest.mark.parametrize(
    ("place", "path", "project", "session"),
    [
        (TRANSCRIPTS, "projects/-p/s.jsonl", "-p", "s"),
        (TRANSCRIPTS, "projects/-p/s.v2.jsonl", "-p", "s.v2"),
        (TRANSCRIPTS, "projects/-p/s.json", "-p", "s.json"),
        (INSIDE, "projects/-p/s/tool-results/a.jsonl", "-p", "s"),
        (NOTES, "plans/a/b.jsonl", "", ""),
    ],
)
def test_project_and_session_are_the_parts_its_place_names(place: Place, path: str, project: str, session: str) -> None:
    one = held(place, path)

    assert (one.project, one.session) == (project, session)


def test_a_file_where_a_projects_folder_should_be_is_of_no_project() -> None:
    one = held(TRANSCRIPTS, "projects/stray")

    assert (one.project, one.session) == ("", "")


def test_a_path_too_short_for_its_place_has_neither() -> None:
    one = held(TRANSCRIPTS, "projects")

    assert (one.project, one.session) == ("", "")


def test_a_project_counted_from_the_first_part_is_found() -> None:
    place = Place("todos", "*/*", "lists", project=0, session=1)

    assert (held(place, "-p/s").project, held(place, "-p/s").session) == ("-p", "s")


def test_the_path_keeps_names_that_are_no_text() -> None:
    assert held(NOTES, "plans/\udcff/b").path.encode("utf-8", "surrogateescape") == b"plans/\xff/b"


def test_a_place_that_says_nothing_is_neither_swept_nor_purged() -> None:
    assert (NOTES.swept, NOTES.purge, NOTES.kind) == ("never", "never", "data")
