"""What a request gives is read strictly; a fault names the field, lists what could be, and repeats no value."""

from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException

from carnet.errors import CarnetError, FieldError
from carnet.web.calls.reading import choices, read_body, read_query
from carnet.web.calls.shapes import NewKey, NewOrganisation, OrganisationChange, Reasoned, RecordFilter

JSON = "application/json; charset=utf-8"


def field_of(raw: bytes, shape: type) -> tuple[str, str]:
    with pytest.raises(FieldError) as told:
        read_body(raw, JSON, shape)
    return told.value.field, told.value.told


def test_an_empty_body_is_an_empty_object() -> None:
    assert read_body(b"", "", OrganisationChange) == OrganisationChange()
    assert read_body(b"{}", JSON, OrganisationChange).keep == {}


@pytest.mark.parametrize(
    ("raw", "shape", "field", "told"),
    [
        (b'{"name":1}', NewOrganisation, "name", "expected `str`, got `int`"),
        (b'{"name":"x","tier":"y"}', NewOrganisation, "terms", "is needed"),
        (b'{"nam\\u001be":"secret"}', NewOrganisation, "nam?e", "is not known here"),
        (b'{"recording":"secret"}', OrganisationChange, "recording", "is none of required, wanted"),
        (b'{"limits":{"at_once":"secret"}}', OrganisationChange, "limits.at_once", "expected `int | null`, got `str`"),
        (b'{"keep":{"secret":3}}', OrganisationChange, "keep[...]", "expected `str`, got `int`"),
        (b'{"account":"a","scopes":["secret"]}', NewKey, "scopes[0]", "is none of intake, own, relay"),
        (b'{"session":"s","reason":7}', Reasoned, "reason", "expected `str`, got `int`"),
    ],
)
def test_a_fault_names_the_field_and_no_value(raw: bytes, shape: type, field: str, told: str) -> None:
    assert field_of(raw, shape) == (field, told)


def test_a_long_name_that_is_not_known_is_cut() -> None:
    assert len(field_of(b'{"' + b"x" * 500 + b'":1}', NewOrganisation)[0]) == 80


@pytest.mark.parametrize(
    "raw", [b"[", b"\xff", b'{"a":"\xff"}', b"[]", b"null", b"7", b"[" * 60_000, b'{"name":"\\ud800"}']
)
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(CarnetError):
        read_body(raw, JSON, NewOrganisation)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_can_send_is_no_json(kind: str) -> None:
    with pytest.raises(HTTPException, match="Content-Type"):
        read_body(b"{}", kind, OrganisationChange)


def test_a_query_is_read_as_strictly() -> None:
    assert read_query([("limit", "5"), ("org", "a")], RecordFilter).limit == 5
    for pairs, field in (
        ([("limit", "x")], "limit"),
        ([("limit", "")], "limit"),
        ([("kind", "secret")], "kind"),
        ([("org", "a"), ("org", "a")], "org"),
        ([("other", "a")], "other"),
    ):
        with pytest.raises(FieldError) as told:
            read_query(pairs, RecordFilter)
        assert told.value.field == field
        assert "secret" not in told.value.told


def test_choices_are_found_below_lists_and_alternatives() -> None:
    assert choices(NewKey, "scopes") == ["intake", "own", "relay"]
    assert choices(OrganisationChange, "recording") == ["required", "wanted"]
    assert choices(NewKey, "account") == []
