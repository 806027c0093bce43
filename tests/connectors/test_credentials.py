from __future__ import annotations

import pickle

import pytest

from flows.connectors.credentials import Credentials, CredentialsInvalid, Secret
from flows.connectors.spec import validate_credentials
from tests.connectors import shop


def test_pasted_spaces_and_line_ends_are_trimmed() -> None:
    values = {
        "api_key": f"  {shop.KEY}\r\n",
        "api_secret": f"\ufeff{shop.SECRET}\u00a0",
        "auth_url": " https://auth.till.example/api/ ",
    }

    clean = validate_credentials(shop.connector(), values)

    assert clean == {
        "api_key": shop.KEY,
        "api_secret": shop.SECRET,
        "auth_url": "https://auth.till.example/api",
    }


def test_every_field_that_is_wrong_has_its_sentence_and_no_value_in_it() -> None:
    values = {"api_key": "", "api_secret": f"{shop.SECRET}\nX", "auth_url": "till", "pin": "1234"}

    with pytest.raises(CredentialsInvalid) as caught:
        validate_credentials(shop.connector(), values)

    assert set(caught.value.errors) == {"api_key", "api_secret", "auth_url", "pin"}
    assert shop.SECRET not in str(caught.value)
    assert "1234" not in repr(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "auth.till.example",
        "ftp://till.example",
        "https://",
        "https://user:pass@till.example",
        "https://till.example/?next=x",
        "https://till.example/#a",
        "https://till.example\\@evil.example",
        "https://till.example:99999",
        "file:///etc/passwd",
        "https://[::1",
    ],
)
def test_an_address_is_whole_and_plain(url: str) -> None:
    with pytest.raises(CredentialsInvalid, match="Enter"):
        validate_credentials(shop.connector(), shop.credentials(url))


def test_an_optional_field_left_empty_takes_its_default_or_is_left_out() -> None:
    fields = shop.document()["credentials"]
    fields["auth_url"] |= {"optional": True, "default": "https://auth.till.example"}
    fields["note"] = {"title": "Note", "optional": True}
    connector = shop.connector(credentials=fields)

    clean = validate_credentials(connector, {"api_key": "k", "api_secret": "s", "auth_url": " "})

    assert clean == {"api_key": "k", "api_secret": "s", "auth_url": "https://auth.till.example"}


def test_a_value_that_does_not_fit_its_pattern_gets_the_help() -> None:
    fields = shop.document()["credentials"]
    fields["shop"] = {"title": "Shop", "pattern": "[a-z]+", "help": "The part before .example"}
    connector = shop.connector(credentials=fields)

    with pytest.raises(CredentialsInvalid, match=r"The part before \.example"):
        validate_credentials(
            connector, shop.credentials("https://a.example") | {"shop": "evil.example/"}
        )


def test_a_value_that_is_no_text_is_refused() -> None:
    values = shop.credentials("https://a.example") | {"api_key": "\ud83d"}

    with pytest.raises(CredentialsInvalid, match="api_key"):
        validate_credentials(shop.connector(), values)


def test_a_value_has_a_length() -> None:
    values = shop.credentials("https://a.example") | {"api_key": "k" * 4097}

    with pytest.raises(CredentialsInvalid, match="at most 4096 characters"):
        validate_credentials(shop.connector(), values)


def test_a_value_in_an_address_cannot_lead_elsewhere() -> None:
    fields = shop.document()["credentials"]
    fields["shop"] = {"title": "Shop", "pattern": ".*"}
    connector = shop.connector(credentials=fields)
    held = Credentials(connector.credentials, {"shop": "evil.example/#"})

    assert held.address("https://{shop}.till.example") == (
        "https://evil.example%2F%23.till.example"
    )


def test_a_secret_is_not_printed_and_not_pickled() -> None:
    held = Credentials(shop.connector().credentials, {"api_secret": shop.SECRET})

    assert shop.SECRET not in repr(held)
    assert shop.SECRET not in f"{Secret(shop.SECRET)} {vars(held)}"
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(held)
