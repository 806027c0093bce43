"""The ways to prove to an API who is asking.

A style is a small class of pure functions: it says what goes with each request, or which call logs
in and what is read from its answer. Sending, retrying and keeping tokens is `signin`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from pydantic import AfterValidator, Field, model_validator

from flows.connectors.credentials import Credentials, Secret
from flows.connectors.grammar import GrammarModel, Template, placeholders
from flows.connectors.grants import FORM, Grant, HeaderName, LoginAuth, LoginCall, Proof
from flows.connectors.oauth import OAuthClient, OAuthRefresh, basic, form_text


def _one_line(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError("Write one line of text, such as a template of a credential: {api_key}")
    return text


# A constant, or a template of credentials, secret ones too. Nothing of it reaches an address.
Sealed = Annotated[Template, AfterValidator(_one_line)]


class _Pasted(GrammarModel):
    """Styles without a login: what the tenant pasted goes with every request."""

    host: ClassVar[None] = None

    def fields(self) -> Iterator[str]:
        """The credentials that are needed, wherever they go."""
        yield from ()

    def templates(self) -> Iterator[tuple[str, str]]:
        """The addresses, each with its place in the style."""
        yield from ()

    def proof(self, credentials: Credentials) -> Proof:
        return Proof()


class NoAuth(_Pasted):
    """Whoever asks is answered."""

    by: Literal["none"]


class BearerAuth(_Pasted):
    """A token in the Authorization header."""

    by: Literal["bearer"]
    token: str

    def fields(self) -> Iterator[str]:
        yield self.token

    def proof(self, credentials: Credentials) -> Proof:
        return Proof(headers={"Authorization": Secret(f"Bearer {credentials.value(self.token)}")})


class HeaderAuth(_Pasted):
    """Keys in headers of the source's own."""

    by: Literal["headers"]
    headers: dict[HeaderName, Sealed] = Field(min_length=1)

    def fields(self) -> Iterator[str]:
        yield from _named(self.headers)

    def proof(self, credentials: Credentials) -> Proof:
        return Proof(headers=sealed(self.headers, credentials))


class QueryAuth(_Pasted):
    """Keys in the query. They join the address inside the transport, where nobody logs it."""

    by: Literal["query"]
    params: dict[str, Sealed] = Field(min_length=1)

    def fields(self) -> Iterator[str]:
        yield from _named(self.params)

    def proof(self, credentials: Credentials) -> Proof:
        return Proof(params=sealed(self.params, credentials))


class BasicAuth(_Pasted):
    """A user name and a password, each composed of credentials (RFC 7617)."""

    by: Literal["basic"]
    user: Template
    password: Template = ""

    def fields(self) -> Iterator[str]:
        yield from _named({"user": self.user, "password": self.password})

    def proof(self, credentials: Credentials) -> Proof:
        pair = (credentials.secret(self.user), credentials.secret(self.password))
        return Proof(headers={"Authorization": basic(*pair)})


class LoginRequest(GrammarModel):
    """POST with a JSON body or a form: its names, each with the credential that fills it.

    `extra` are further names with constants, or templates of credentials.
    """

    url: Template
    body: dict[str, str] = {}
    form: dict[str, str] = {}
    extra: dict[str, Template] = {}

    @model_validator(mode="after")
    def _sends_one_of_them(self) -> LoginRequest:
        if bool(self.body) == bool(self.form):
            raise ValueError("Write what is sent: either body (JSON) or form")
        return self

    def fields(self) -> Iterator[str]:
        yield from (self.body or self.form).values()
        yield from _named({"url": self.url, **self.extra})

    def call(self, credentials: Credentials) -> LoginCall:
        sent = {
            name: Secret(credentials.value(field))
            for name, field in (self.body or self.form).items()
        }
        sent |= {name: credentials.secret(text) for name, text in self.extra.items()}
        url = credentials.address(self.url)
        if self.form:
            return LoginCall(url=url, body=form_text(sent), content_type=FORM)
        return LoginCall(url=url, body=_json_text(sent))


class RefreshRequest(GrammarModel):
    """POST without a body; the bearer is the refresh token found at this path of the login."""

    url: Template
    bearer: str


class SessionAuth(LoginAuth):
    """A login that answers with a token for a while, and perhaps with the host of the data."""

    by: Literal["session"]
    login: LoginRequest
    refresh: RefreshRequest | None = None

    def fields(self) -> Iterator[str]:
        yield from self.login.fields()
        if self.refresh:
            yield from placeholders(self.refresh.url)

    def templates(self) -> Iterator[tuple[str, str]]:
        yield "login.url", self.login.url
        if self.refresh:
            yield "refresh.url", self.refresh.url

    def login_call(self, credentials: Credentials) -> LoginCall:
        return self.login.call(credentials)

    def refresh_call(self, credentials: Credentials, grant: Grant) -> LoginCall | None:
        if self.refresh is None or grant.refresh_token is None:
            return None
        bearer = Secret(f"Bearer {grant.refresh_token.reveal()}")
        url = credentials.address(self.refresh.url)
        return LoginCall(url=url, headers={"Authorization": bearer})

    def _renewal(self) -> str | None:
        return self.refresh.bearer if self.refresh else None


Auth = Annotated[
    NoAuth
    | BearerAuth
    | HeaderAuth
    | QueryAuth
    | BasicAuth
    | OAuthClient
    | OAuthRefresh
    | SessionAuth,
    Field(discriminator="by"),
]


def sealed(templates: Mapping[str, str], credentials: Credentials) -> dict[str, Secret]:
    """Each template filled in. One whose credentials were all left empty is not sent."""
    return {
        name: credentials.secret(template)
        for name, template in templates.items()
        if not placeholders(template) or any(map(credentials.value, placeholders(template)))
    }


def _named(templates: Mapping[str, str]) -> Iterator[str]:
    for template in templates.values():
        yield from placeholders(template)


def _json_text(values: Mapping[str, Secret]) -> Secret:
    plain = {name: value.reveal() for name, value in values.items()}
    return Secret(msgspec.json.encode(plain).decode())
