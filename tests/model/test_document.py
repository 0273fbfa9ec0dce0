"""Documents, captures, versions."""

from __future__ import annotations

import dataclasses

import pytest

from carnet.model.document import Document


def test_a_full_name_is_the_collection_and_the_name() -> None:
    assert Document(1, "juniper", "guides/setup", "https://juniper.example/setup").full_name == "juniper/guides/setup"


def test_a_noun_never_changes_in_place() -> None:
    document = Document(1, "juniper", "setup", "https://juniper.example/setup")

    with pytest.raises(dataclasses.FrozenInstanceError):
        document.name = "other"  # type: ignore[misc]
