"""What a caller branches on, and the exit status each fault ends a command with."""

from __future__ import annotations

import pytest

from carnet import errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.CarnetError("x"), 2),
        (errors.NotFoundError("x"), 2),
        (errors.AmbiguousError("x", ("a/x", "b/x")), 2),
        (errors.BusyError("x"), 2),
        (errors.FetchError("x", "timeout"), 2),
        (errors.StoreError("x"), 3),
    ],
)
def test_every_fault_of_ours_is_caught_as_one_and_has_its_status(error: errors.CarnetError, status: int) -> None:
    assert error.exit_code == status
    assert str(error) == "x"


def test_a_fault_carries_what_is_needed_to_act() -> None:
    assert errors.AmbiguousError("x", ("a/x", "b/x")).candidates == ("a/x", "b/x")
    assert errors.FetchError("x", "timeout").reason == "timeout"
    named = errors.FieldError("tier", "x is none", "gold")
    assert (str(named), named.field, named.told) == ("--tier gold: x is none", "tier", "x is none")
    assert str(errors.ArgumentError("name", "x is none")) == "x is none"
    assert str(errors.FieldError("tier", "x is none")) == "--tier: x is none"


def test_a_place_is_where_an_error_was_raised_and_repeats_nothing_of_it() -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("secret")
    assert errors.place_of(caught.value).startswith(f"{__name__}:")
    assert errors.place_of(ValueError("secret")) == "nowhere"
