"""How a simulated source lets somebody in, in the style its connector.yaml declares."""

from __future__ import annotations

import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flows.connectors.grammar import filled, placeholders
from flows.connectors.kit.http import Asked, Reply, as_json
from flows.connectors.kit.paths import put

TOKEN = "CANARY-token"  # noqa: S105 - invented
REFRESH = "CANARY-refresh"
_LIFETIME = 3600


class Door:
    """:param place: the path on our own server of an address template"""

    def __init__(
        self,
        client: Mapping[str, Any],
        values: Mapping[str, str],
        *,
        place: Callable[[str], str],
        url: Callable[[], str],
    ) -> None:
        self._auth: Mapping[str, Any] = client.get("auth") or {"by": "none"}
        self._headers: Mapping[str, str] = client.get("headers") or {}
        self._values = dict(values)
        self._place = place
        self._url = url
        self._lock = threading.Lock()
        self.logins = 0
        self._is_open = False
        self._tokens: set[str] = set()
        self._refresh_token = values.get(self._auth.get("refresh_token", ""), "")

    @property
    def has_login(self) -> bool:
        return self._auth["by"] in ("session", "oauth-client", "oauth-refresh")

    def is_asked(self, asked: Asked) -> bool:
        """Whether it is a login or a refresh."""
        return asked.method == "POST" and asked.path in map(self._place, self._logins())

    def login(self, asked: Asked) -> Reply:
        """The answer to a login or a refresh."""
        with self._lock:
            if self._auth["by"] != "session":
                return self._oauth(asked)
            if asked.path == self._place(self._auth["login"]["url"]):
                return self._session(asked)
            return self._refreshed(asked)

    def refusal(self, asked: Asked) -> Reply | None:
        """401 with what was shown, as careless sources answer; None where it is right."""
        if self._is_open:
            return None
        with self._lock:
            shown = dict(self._proofs())
            for name, expected in shown.items():
                if name.startswith("?"):
                    found = asked.query.get(name[1:])
                else:
                    found = asked.headers.get(name.lower())
                if found not in expected:
                    return as_json({"error": f"not let in: {found}"}, status=401)
            for name, template in self._headers.items():
                wanted = self._filled(template)
                if wanted is not None and asked.headers.get(name.lower()) != wanted:
                    return as_json({"error": f"The header {name} is not right"}, status=400)
        return None

    def open(self) -> None:
        """Let everybody in from now on, as a source does that does not look at keys."""
        self._is_open = True

    def expire(self) -> None:
        """No token that was given out is good any more."""
        with self._lock:
            self._tokens.clear()

    def secret_places(self) -> Iterator[tuple[str, str]]:
        """Where a secret may be shown: ("header", name), ("query", name) or ("body", path)."""
        auth = self._auth
        match auth["by"]:
            case "headers":
                yield from (("header", name.lower()) for name in auth["headers"])
            case "query":
                yield from (("query", name) for name in auth["params"])
            case "none":
                pass
            case _:
                yield "header", "authorization"
                yield "header", str(auth.get("header", "Authorization")).lower()
        yield from (("header", name.lower()) for name in self._headers)
        if self.has_login:
            yield "body", self._place(next(self._logins()))

    def secret_params(self) -> frozenset[str]:
        """Names in the query that must not be repeated in an address of a next page."""
        return frozenset(self._auth["params"]) if self._auth["by"] == "query" else frozenset()

    def _logins(self) -> Iterator[str]:
        if self._auth["by"] == "session":
            yield self._auth["login"]["url"]
            if self._auth.get("refresh"):
                yield self._auth["refresh"]["url"]
        elif self.has_login:
            yield self._auth["url"]

    def _proofs(self) -> Iterator[tuple[str, set[str]]]:
        auth = self._auth
        match auth["by"]:
            case "bearer":
                yield "Authorization", {f"Bearer {self._values.get(auth['token'], '')}"}
            case "headers" | "query":
                mark = "?" if auth["by"] == "query" else ""
                for name, template in auth["params" if mark else "headers"].items():
                    if (wanted := self._filled(template)) is not None:
                        yield mark + name, {wanted}
            case "basic":
                pair = f"{filled(auth['user'], self._values)}:"
                pair += filled(auth.get("password", ""), self._values)
                yield "Authorization", {_basic(pair)}
            case "oauth-client" | "oauth-refresh" | "session":
                prefix = auth.get("prefix", "Bearer ")
                yield auth.get("header", "Authorization"), {prefix + one for one in self._tokens}

    def _filled(self, template: str) -> str | None:
        """A template with its credentials; None where all of them were left empty."""
        names = placeholders(template)
        if names and not any(self._values.get(name) for name in names):
            return None
        return filled(template, {name: self._values.get(name, "") for name in names})

    def _oauth(self, asked: Asked) -> Reply:
        auth, form = self._auth, asked.form
        who = self._values.get(auth["id"], "")
        what = self._values.get(auth.get("secret") or "", "")
        expected = {name: self._filled(text) for name, text in (auth.get("extra") or {}).items()}
        if auth.get("scope"):
            expected["scope"] = auth["scope"]
        if auth.get("send", "body") == "basic":
            is_known = asked.headers.get("authorization") == _basic(f"{who}:{what}")
        else:
            is_known = form.get("client_id") == who
            is_known &= not auth.get("secret") or form.get("client_secret") == what
        if auth["by"] == "oauth-refresh":
            is_known &= form.get("refresh_token") == self._refresh_token
        expected.setdefault(
            "grant_type", "refresh_token" if auth["by"] == "oauth-refresh" else "client_credentials"
        )
        if not is_known:
            said = {"error": "invalid_client", "error_description": f"{form}"}
            return as_json(said, status=401)
        if any(form.get(name) != value for name, value in expected.items() if value is not None):
            return as_json({"error": "invalid_request"}, status=400)
        return self._granted(auth.get("token", "access_token"), auth.get("lifetime", "expires_in"))

    def _session(self, asked: Asked) -> Reply:
        login = self._auth["login"]
        sent = asked.form if login.get("form") else (asked.body or {})
        wanted = {
            name: self._values.get(field, "")
            for name, field in (login.get("form") or login.get("body") or {}).items()
        }
        wanted |= {
            name: filled(text, self._values) for name, text in (login.get("extra") or {}).items()
        }
        if any(sent.get(name) != value for name, value in wanted.items()):
            return as_json({"error": f"who is that? {sent}"}, status=401)
        return self._granted(self._auth["token"], self._auth.get("lifetime"))

    def _refreshed(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {self._refresh_token}":
            return as_json({"error": "unknown refresh token"}, status=401)
        return self._granted(self._auth["token"], self._auth.get("lifetime"))

    def _granted(self, token: str, lifetime: str | None) -> Reply:
        self.logins += 1
        given = f"{TOKEN}-{self.logins}-{id(self):x}"
        self._tokens.add(given)
        answer: dict[str, Any] = {}
        put(answer, token, given)
        if lifetime and not re.match(r"\d+ ", lifetime):
            put(answer, lifetime, _LIFETIME)
        if self._auth.get("host"):
            put(answer, self._auth["host"], self._url())
        renewal = self._auth.get("rotated") or (self._auth.get("refresh") or {}).get("bearer")
        if renewal:
            self._refresh_token = f"{REFRESH}-{self.logins}-{id(self):x}"
            put(answer, renewal, self._refresh_token)
        return as_json(answer)


def _basic(pair: str) -> str:
    return f"Basic {b64encode(pair.encode()).decode('ascii')}"
