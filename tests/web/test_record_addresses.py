from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from carnet.web.record_addresses import of_account, of_organisation, of_session, twin, with_query

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(NAMES, NAMES, NAMES, NAMES)
def test_an_address_says_which_session_whatever_its_names_hold(org: str, email: str, name: str, where: str) -> None:
    address = of_session(org, email, name, where)
    found = parse_qs(urlsplit(address).query, keep_blank_values=True, max_num_fields=4)
    assert found == {"org": [org], "account": [email], "session": [name], "repository": [where]}
    assert address.isascii()


def test_what_is_not_given_is_left_out() -> None:
    assert with_query("/records", org="", kind="") == "/records"
    assert of_session("acme", "ann@acme.test", "s1") == "/records/sessions?org=acme&account=ann@acme.test&session=s1"


def test_names_are_no_part_of_a_path() -> None:
    assert of_account("a/b@x.json") == "/accounts/account?email=a%2Fb@x.json"
    assert of_organisation("x.json") == "/accounts/organisation?org=x.json"
    assert twin("/accounts/organisation", {"org": "x.json"}) == "/accounts/organisation.json?org=x.json"
