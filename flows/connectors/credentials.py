"""What a tenant types in: the fields, the check of the values, and how they are kept from sight."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Literal, NoReturn
from urllib.parse import quote, urlsplit

from pydantic import field_validator, model_validator

from flows.connectors.grammar import GrammarModel, filled

# What people paste along with a key: spaces, line ends and the invisible ones of web pages.
_AROUND = " \t\r\n\f\v\u00a0\u200b\u200c\u200d\u2060\ufeff"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST = 4096


class CredentialField(GrammarModel):
    """One field of the form. `url` is an absolute http(s) address; everything else is `text`.

    A connector titles those without a title by their names.
    """

    title: str = ""
    help: str = ""
    kind: Literal["text", "url"] = "text"
    pattern: str | None = None
    secret: bool = False
    default: str | None = None
    optional: bool = False

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"Not a regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> CredentialField:
        if self.secret and self.default is not None:
            raise ValueError("A secret must not have a default")
        if self.kind == "url" and (self.secret or self.pattern):
            raise ValueError("A url is neither secret nor has a pattern")
        if self.default is not None and (problem := self.problem(self.default)):
            raise ValueError(f"The default is not valid: {problem}")
        return self

    @property
    def is_safe_in_url(self) -> bool:
        """Whether it may become part of an address: it leads nowhere else and is not secret."""
        return not self.secret and (self.kind == "url" or self.pattern is not None)

    def problem(self, value: str) -> str | None:
        """What is wrong with a trimmed value, as a sentence that does not repeat it."""
        if len(value) > _LONGEST:
            return f"Enter at most {_LONGEST} characters."
        if _CONTROL.search(value) or not _is_text(value):
            return "Enter it on one line, without control characters."
        if self.kind == "url":
            return _url_problem(value)
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            return f"This does not look right. {self.help}".strip()
        return None


class CredentialsInvalid(Exception):
    """The values do not fit the form. `errors` holds one sentence per field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(dict(errors))
        self.errors = dict(errors)

    def __str__(self) -> str:
        return " ".join(f"{name}: {sentence}" for name, sentence in self.errors.items())


class Secret:
    """A text that shows itself to nobody by accident: not printed, not logged, not pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not written anywhere.")


class Credentials:
    """The checked values of one connection, masked wherever they could be seen."""

    def __init__(self, fields: Mapping[str, CredentialField], values: Mapping[str, str]) -> None:
        self._fields = fields
        self._values = {name: Secret(value) for name, value in values.items()}

    def value(self, name: str) -> str:
        """The value; the empty text for an optional field that was left empty."""
        held = self._values.get(name)
        return held.reveal() if held else ""

    def address(self, template: str, *, host: str = "") -> str:
        """An address made of a template. Only whole urls keep their slashes."""
        values = {
            name: self.value(name) if field.kind == "url" else quote(self.value(name), safe="")
            for name, field in self._fields.items()
            if field.is_safe_in_url
        }
        return filled(template, values | ({"host": host} if host else {}))

    def secret(self, template: str) -> Secret:
        """A header or a parameter made of a template, as it stands. Never part of an address."""
        return Secret(filled(template, {name: self.value(name) for name in self._fields}))

    def replaced(self, values: Mapping[str, Secret]) -> Credentials:
        """The same with other values for some of its fields."""
        new = Credentials(self._fields, {})
        new._values = {**self._values, **values}
        return new

    def fingerprint(self, *, key: bytes, of: str) -> str:
        """A name for this credential that says nothing of it; the key is the caller's to keep.

        :param of: what the credential is for, so that the same value elsewhere has another name
        """
        whole = blake2b(key=key, digest_size=16)
        values = [text for name in sorted(self._values) for text in (name, self.value(name))]
        for part in (of, *values):
            text = part.encode()
            whole.update(b"%d:%b" % (len(text), text))
        return whole.hexdigest()

    def __repr__(self) -> str:
        return f"Credentials({', '.join(f'{name}=…' for name in self._values)})"


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_values(
    *, fields: Mapping[str, CredentialField], values: Mapping[str, str | None]
) -> tuple[dict[str, str], dict[str, str]]:
    """The trimmed values with defaults filled in, and one sentence per field that is wrong."""
    errors = {name: "This field does not exist." for name in values if name not in fields}
    clean: dict[str, str] = {}
    for name, field in fields.items():
        value = (values.get(name) or "").strip(_AROUND) or (field.default or "")
        if field.kind == "url":
            value = value.rstrip("/")
        if not value:
            if not field.optional:
                errors[name] = "Enter a value."
        elif problem := field.problem(value):
            errors[name] = problem
        else:
            clean[name] = value
    return clean, errors


def _url_problem(value: str) -> str | None:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "Enter a complete address, such as https://shop.example."
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\\]", value):
        return "Enter a complete address, such as https://shop.example."
    if "@" in parts.netloc:
        return "Enter the address without a user name."
    if "?" in value or "#" in value:
        return "Enter the address without a question mark or a number sign."
    return None
