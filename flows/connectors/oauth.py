"""OAuth 2.0: a client that logs in by itself, and one that a person let in once."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlencode

from pydantic import field_validator

from flows.connectors.credentials import Credentials, Secret
from flows.connectors.grammar import Template, placeholders
from flows.connectors.grants import FORM, LoginAuth, LoginCall


class OAuth(LoginAuth):
    """A POST of a form to the token address. `id` and `secret` are credentials.

    `extra` are further names of the form, constants or templates of credentials. `send` says where
    id and secret go: into the form, or into an Authorization header (RFC 7617, as they stand).
    """

    url: Template
    id: str
    secret: str | None = None
    send: Literal["body", "basic"] = "body"
    scope: str = ""
    extra: dict[str, Template] = {}
    token: str = "access_token"  # noqa: S105  # a path in the answer
    lifetime: str | None = "expires_in"

    def fields(self) -> Iterator[str]:
        yield self.id
        if self.secret:
            yield self.secret
        for template in (self.url, *self.extra.values()):
            yield from placeholders(template)

    def templates(self) -> Iterator[tuple[str, str]]:
        yield "url", self.url

    def _call(self, credentials: Credentials, form: dict[str, Secret]) -> LoginCall:
        asked = form | ({"scope": Secret(self.scope)} if self.scope else {})
        asked |= {name: credentials.secret(text) for name, text in self.extra.items()}
        who = Secret(credentials.value(self.id))
        what = Secret(credentials.value(self.secret) if self.secret else "")
        headers = {"Authorization": basic(who, what)} if self.send == "basic" else {}
        if self.send == "body":
            asked |= {"client_id": who} | ({"client_secret": what} if self.secret else {})
        return LoginCall(
            url=credentials.address(self.url),
            body=form_text(asked),
            content_type=FORM,
            headers=headers,
        )


class OAuthClient(OAuth):
    """Client credentials (RFC 6749, 4.4): the tenant's own application logs in by itself."""

    by: Literal["oauth-client"]
    secret: str

    def login_call(self, credentials: Credentials) -> LoginCall:
        return self._call(credentials, {"grant_type": Secret("client_credentials")})


class OAuthRefresh(OAuth):
    """A refresh token (RFC 6749, 6) that the tenant got by letting the application in.

    `rotated` is the path of a new refresh token in the answer, for sources that replace it. It is
    kept before anything else is done, since the old one may not be good any more.
    """

    by: Literal["oauth-refresh"]
    refresh_token: str
    rotated: str | None = None

    @field_validator("rotated")
    @classmethod
    def _leads_somewhere(cls, rotated: str | None) -> str | None:
        if rotated == "":
            raise ValueError("Write the path of the new refresh token, or leave it out")
        return rotated

    @property
    def rotates(self) -> str | None:
        return self.refresh_token if self.rotated else None

    def fields(self) -> Iterator[str]:
        yield from super().fields()
        yield self.refresh_token

    def login_call(self, credentials: Credentials) -> LoginCall:
        token = Secret(credentials.value(self.refresh_token))
        return self._call(
            credentials, {"grant_type": Secret("refresh_token"), "refresh_token": token}
        )

    def _renewal(self) -> str | None:
        return self.rotated


def basic(user: Secret, password: Secret) -> Secret:
    """The value of an Authorization header with a name and a password."""
    return Secret(
        "Basic " + b64encode(f"{user.reveal()}:{password.reveal()}".encode()).decode("ascii")
    )


def form_text(values: dict[str, Secret]) -> Secret:
    return Secret(urlencode({name: value.reveal() for name, value in values.items()}))
