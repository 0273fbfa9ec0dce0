"""What a search found."""

from __future__ import annotations

from carnet.model.found import Found, Spell
from tests.make import at


def found(*spells: Spell) -> Found:
    return Found("agent/data-usage", spells, "abc", ("Kept",), 3, "we keep ", "prompts", " for long")


def test_a_phrase_that_came_back_first_appeared_in_its_first_spell() -> None:
    assert found(Spell(at(0), at(1)), Spell(at(5), None)).first_at == at(0)


def test_a_phrase_is_in_force_while_its_last_spell_has_no_end() -> None:
    assert [found(Spell(at(0), end)).in_force for end in (None, at(1))] == [True, False]
    assert found(Spell(at(0), at(1)), Spell(at(5), at(7))).vanished_at == at(7)
