"""Shapes give what was asked for in the words of the command line."""

from __future__ import annotations

import msgspec
import pytest

from carnet.web.calls import shapes
from carnet.web.calls.shapes import Limits, Names, Shape


def test_limits_that_are_not_given_stay_and_null_takes_back() -> None:
    given = msgspec.json.decode(b'{"requests_per_minute": 5, "at_once": null}', type=Limits)
    assert given.options() == {"requests-per-minute": 5, "at-once": None}
    assert Limits().options() == {}


def test_names_that_are_empty_are_none() -> None:
    assert Names(org="a", session="").given() == {"org": "a"}


@pytest.mark.parametrize(
    "shape", [one for one in vars(shapes).values() if isinstance(one, type) and issubclass(one, Shape)]
)
def test_every_shape_refuses_what_it_does_not_know(shape: type[Shape]) -> None:
    assert shape.__struct_config__.forbid_unknown_fields
    assert shape.__doc__
