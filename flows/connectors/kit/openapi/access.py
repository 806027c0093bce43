"""Where an API is, and how it is shown who asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flows.connectors.kit.openapi.description import Description, Node, mapping, sequence, text
from flows.connectors.kit.openapi.names import snake

ANYTHING_IN_A_HOST = "[A-Za-z0-9][A-Za-z0-9.-]*"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ADDRESS = re.compile(r"(https://|\{)[A-Za-z0-9{}][\w.~:/{}@!$&'()*+,;=-]*", re.ASCII)


@dataclass
class Access:
    """`checks` are sentences for whoever goes through the draft."""

    base_url: str = ""
    auth: dict[str, Any] = field(default_factory=lambda: {"by": "none"})
    credentials: dict[str, dict[str, Any]] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)


def access_of(description: Description) -> Access:
    access = Access()
    _find_server(description, access)
    _find_auth(description, access)
    return access


def _find_server(description: Description, access: Access) -> None:
    server = _swagger_server(description) if description.is_swagger else _first_server(description)
    url = text(server.get("url"), most=500).rstrip("/")
    if url.startswith("http://"):
        access.checks.append("base_url: The document says http://; the draft says https://.")
        url = f"https://{url.removeprefix('http://')}"
    for name, variable in mapping(server.get("variables")).items():
        url = _with_variable(url, str(name), mapping(variable), access)
    if url.startswith("https://") and _is_address(url):
        access.base_url = url
        return
    # Only a path, or nothing that could be used: the tenant says where its API is.
    path = url if url.startswith("/") and _is_address(f"https://x.example{url}") else ""
    access.credentials["address"] = {
        "title": "Address",
        "help": "The address of your system, such as https://shop.example.",
        "kind": "url",
    }
    access.base_url = f"{{address}}{path}"
    access.checks.append("base_url: The document names no host, so a tenant is asked for it.")


def _first_server(description: Description) -> Node:
    return mapping(next(iter(sequence(description.document.get("servers"))), None))


def _swagger_server(description: Description) -> Node:
    host, path = description.document.get("host"), description.document.get("basePath") or ""
    return {"url": f"https://{host}{path}" if isinstance(host, str) else str(path)}


def _with_variable(url: str, name: str, variable: Node, access: Access) -> str:
    gap, value = f"{{{name}}}", text(variable.get("default"), most=200)
    choices = [text(each) for each in sequence(variable.get("enum"))]
    in_host = gap in url.partition("://")[2].partition("/")[0]
    field_name = snake(name)
    if not in_host or not field_name or len(choices) == 1:
        # Part of the path, such as a version: the same for everybody until somebody says otherwise.
        return url.replace(gap, (choices[0] if len(choices) == 1 else value) or "v1")
    if field_name == "host":
        field_name = "server_host"
    usable = [each for each in choices if re.fullmatch(r"[\w.-]+", each, re.ASCII)]
    pattern = "|".join(map(re.escape, usable)) if usable else ANYTHING_IN_A_HOST
    about = text(variable.get("description")) or f"As in {text(url)}."
    found = {"title": _title(name), "help": about, "pattern": pattern}
    if value and re.fullmatch(pattern, value):
        found["default"] = value
    access.credentials[field_name] = found
    return url.replace(gap, f"{{{field_name}}}")


def _is_address(url: str) -> bool:
    gaps = re.sub(r"\{[a-z][a-z0-9_]*\}", "x", url)
    try:
        return (
            bool(_ADDRESS.fullmatch(url))
            and not re.search(r"[{}]", gaps)
            and bool(urlsplit(gaps).hostname)
        )
    except ValueError:
        return False


def _find_auth(description: Description, access: Access) -> None:
    schemes = _schemes(description)
    for name in [*_wanted(description), *schemes]:
        found = _auth(schemes.get(name, {}), access)
        if found:
            access.auth = found
            others = sorted(other for other in schemes if other != name)
            if others:
                known = ", ".join(text(each, most=40) for each in others[:10])
                access.checks.append(f"auth: The document knows others, too: {known}.")
            return
    access.checks.append("auth: The document names no way to sign in that could be drafted.")


def _schemes(description: Description) -> dict[str, Node]:
    document = description.document
    held = (
        document.get("securityDefinitions")
        if description.is_swagger
        else mapping(document.get("components")).get("securitySchemes")
    )
    found = {str(name): description.resolved(each) for name, each in mapping(held).items()}
    return dict(sorted(found.items(), key=lambda each: _rank(each[1])))


def _wanted(description: Description) -> list[str]:
    """What every request needs, if the document says so."""
    return [
        str(name)
        for each in sequence(description.document.get("security"))
        for name in mapping(each)
    ]


def _rank(scheme: Node) -> int:
    """What needs the least of a tenant first."""
    kind = (str(scheme.get("type")), str(scheme.get("scheme", "")).lower())
    order = [("http", "bearer"), ("apiKey", ""), ("oauth2", ""), ("http", "basic"), ("basic", "")]
    return order.index(kind) if kind in order else len(order)


def _auth(scheme: Node, access: Access) -> dict[str, Any]:
    kind, form = str(scheme.get("type")), str(scheme.get("scheme", "")).lower()
    about = text(scheme.get("description"))
    if (kind == "http" and form == "bearer") or kind == "openIdConnect":
        access.credentials["access_token"] = _secret("Access token", about)
        return {"by": "bearer", "token": "access_token"}
    if kind == "basic" or (kind == "http" and form == "basic"):
        access.credentials["user"] = {"title": "User name", **({"help": about} if about else {})}
        access.credentials["password"] = _secret("Password", "")
        return {"by": "basic", "user": "{user}", "password": "{password}"}
    if kind == "apiKey":
        return _key(scheme, about, access)
    return _oauth(scheme, about, access) if kind == "oauth2" else {}


def _key(scheme: Node, about: str, access: Access) -> dict[str, Any]:
    name, place = str(scheme.get("name")), scheme.get("in")
    if place == "header" and _HEADER.fullmatch(name):
        access.credentials["api_key"] = _secret("API key", about)
        if name.lower() == "authorization":
            access.checks.append("auth: Does a word such as Bearer or Token come before the key?")
        return {"by": "headers", "headers": {name: "{api_key}"}}
    if place == "query" and name.isprintable():
        access.credentials["api_key"] = _secret("API key", about)
        return {"by": "query", "params": {name: "{api_key}"}}
    return {}


def _oauth(scheme: Node, about: str, access: Access) -> dict[str, Any]:
    flows = {str(name): mapping(each) for name, each in mapping(scheme.get("flows")).items()}
    if scheme.get("flow"):  # Swagger 2
        flows = {str(scheme["flow"]): scheme}
    for name, by in (("clientCredentials", "oauth-client"), ("application", "oauth-client")):
        if name in flows:
            return _token(flows[name], by, about, access)
    for name in ("authorizationCode", "accessCode", "password"):
        if name in flows:
            access.checks.append(
                "auth: A person lets the application in once; that gives the refresh token. If it"
                " is replaced with each use, add rotated: refresh_token."
            )
            return _token(flows[name], "oauth-refresh", about, access)
    return {}


def _token(flow: Node, by: str, about: str, access: Access) -> dict[str, Any]:
    url = text(flow.get("tokenUrl"), most=500)
    if url.startswith("/"):
        url = re.sub(r"^([^/]*//[^/]*|\{address\}).*", r"\1", access.base_url) + url
    if not _is_address(url):
        return {}
    access.credentials["client_id"] = {"title": "Client id", **({"help": about} if about else {})}
    access.credentials["client_secret"] = _secret("Client secret", "")
    found = {"by": by, "url": url, "id": "client_id", "secret": "client_secret"}
    if by == "oauth-refresh":
        access.credentials["refresh_token"] = _secret("Refresh token", "")
        found["refresh_token"] = "refresh_token"  # noqa: S105 - the name of a field
    scopes = [str(each) for each in mapping(flow.get("scopes")) if "read" in str(each).lower()]
    plain = [each for each in scopes if re.fullmatch(r"[!#-\[\]-~]+", each)]
    if plain:
        found["scope"] = " ".join(plain[:20])
        access.checks.append("auth: Are these scopes enough, and are all of them needed?")
    return found


def _secret(title: str, about: str) -> dict[str, Any]:
    return {"title": title, **({"help": about} if about else {}), "secret": True}


def _title(name: str) -> str:
    words = snake(name).replace("_", " ")
    return words[:1].upper() + words[1:]
