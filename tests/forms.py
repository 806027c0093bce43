"""A browser for tests: follows links, fills in forms and sends them, as a person would.

It works over Django's test client and over HTTP. Only inputs that are on the page can be filled in,
and only with what they offer, so a test cannot do what a person could not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests
from bs4 import BeautifulSoup, Tag
from django.test import Client

Values = dict[str, list[str]]


class Door(Protocol):
    """Sends one request and follows redirects."""

    def send(self, method: str, url: str, values: Values) -> Page: ...


class DjangoDoor:
    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, method: str, url: str, values: Values) -> Page:
        ask = self._client.post if method == "POST" else self._client.get
        response: Any = ask(url, values, follow=True)
        chain = response.redirect_chain
        at = urljoin(url, chain[-1][0]) if chain else url
        return Page(self, response.status_code, at, response.content.decode(), response.headers)


class HttpDoor:
    """
    :param base: such as `http://127.0.0.1:8000`
    """

    def __init__(self, base: str, session: requests.Session | None = None) -> None:
        self._base = base
        self._session = session or requests.Session()

    def send(self, method: str, url: str, values: Values) -> Page:
        address = urljoin(self._base, url)
        response = self._session.request(
            method,
            address,
            data=values if method == "POST" else None,
            params=values if method != "POST" else None,
            headers={"Referer": address},
            timeout=120,
        )
        return Page(self, response.status_code, response.url, response.text, response.headers)


@dataclass(frozen=True)
class Page:
    door: Door
    status: int
    url: str
    text: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "html.parser")

    @property
    def words(self) -> str:
        """The text a person reads, on one line."""
        return " ".join(self.soup.get_text(" ").split())

    def open(self, url: str) -> Page:
        return self.door.send("GET", urljoin(self.url, url), {})

    def follow(self, text: str) -> Page:
        """Open the link with this text, or with this title if it is an icon."""
        for link in self.soup.select("a[href]"):
            shown = [" ".join(link.get_text(" ").split()), str(link.get("title") or "")]
            if any(text in each for each in shown):
                return self.open(str(link["href"]))
        raise AssertionError(f"There is no link {text!r} at {self.url}.")

    def press(self, button: str, **values: Any) -> Page:
        """Fill in the form that the button belongs to, and press it."""
        return self.submit(button, values)

    def submit(self, button: str, values: Mapping[str, Any]) -> Page:
        """
        :param values: by input name: text, True or False for one checkbox, a list for several
        """
        pressed = self._button(button)
        form = self._form_of(pressed)
        filled = Form(form)
        for name, value in values.items():
            filled.fill(name, value)
        sent = filled.values
        if pressed.get("name"):
            sent[str(pressed["name"])] = [str(pressed.get("value") or "")]
        method = str(form.get("method") or "get").upper()
        return self.door.send(method, urljoin(self.url, str(form.get("action") or self.url)), sent)

    def _button(self, text: str) -> Tag:
        for button in self.soup.select("button, input[type=submit]"):
            shown = [*button.stripped_strings, str(button.get("value") or "")]
            if text in shown:
                return button
        raise AssertionError(f"There is no button {text!r} at {self.url}.")

    def _form_of(self, button: Tag) -> Tag:
        if name := button.get("form"):
            found = button.find_parents()[-1].find("form", id=str(name))
        else:
            found = button.find_parent("form")
        if not isinstance(found, Tag):
            raise AssertionError(f"The button {button.get_text(strip=True)!r} is in no form.")
        return found


class Form:
    """What a form holds as it stands on the page, and what a person changes in it."""

    def __init__(self, form: Tag) -> None:
        self._form = form
        self.values: Values = {}
        for control in form.select("input[name], select[name], textarea[name]"):
            if "disabled" not in control.attrs and (found := _held(control)) is not None:
                self.values.setdefault(str(control["name"]), []).extend(found)

    def fill(self, name: str, value: Any) -> None:
        controls = self._form.find_all(["input", "select", "textarea"], attrs={"name": name})
        if not controls:
            known = sorted({str(each["name"]) for each in self._form.select("[name]")})
            raise AssertionError(f"There is no input {name!r}. The form has {', '.join(known)}.")
        control = controls[0]
        if control.get("type") == "checkbox" and isinstance(value, bool):
            self.values[name] = [str(control.get("value") or "on")] if value else []
            return
        wanted = [str(each) for each in value] if isinstance(value, list) else [str(value)]
        offered = _offered(controls)
        if offered is not None and (strange := set(wanted) - offered):
            raise AssertionError(f"{name!r} does not offer {sorted(strange)}.")
        self.values[name] = wanted


def _held(control: Tag) -> list[str] | None:
    """What a control sends as it stands; nothing for a box that is not ticked or a button."""
    kind = str(control.get("type") or "text")
    if control.name == "textarea":
        return [control.get_text()]
    if control.name == "select":
        options = control.select("option")
        chosen = [each for each in options if "selected" in each.attrs]
        if not chosen and "multiple" not in control.attrs:
            chosen = options[:1]
        return [_value(each) for each in chosen]
    if kind in {"submit", "button", "image", "file", "reset"}:
        return None
    if kind in {"checkbox", "radio"} and "checked" not in control.attrs:
        return None
    return [str(control.get("value") or ("on" if kind == "checkbox" else ""))]


def _offered(controls: list[Tag]) -> set[str] | None:
    """The values one may choose from; None where one may write anything."""
    control = controls[0]
    if control.name == "select":
        # The choices of an autocomplete come from the server while one types.
        if control.get("data-ajax--url"):
            return None
        return {_value(each) for each in control.select("option")}
    if control.get("type") in {"checkbox", "radio"}:
        return {str(each.get("value") or "on") for each in controls}
    return None


def _value(option: Tag) -> str:
    value = option.get("value")
    return option.get_text(strip=True) if value is None else str(value)


def browse(client: Client, url: str) -> Page:
    return DjangoDoor(client).send("GET", url, {})


def browse_http(base: str, url: str, session: requests.Session | None = None) -> Page:
    return HttpDoor(base, session).send("GET", url, {})
