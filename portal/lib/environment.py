"""Reading the environment: a value that cannot be used is one sentence, not a traceback."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.Env):  # type: ignore[misc]  # untyped library
    def port(self, name: str, *, default: int) -> int:
        """:raises ImproperlyConfigured: if it is not a number from 1 to 65535"""
        text = str(self.str(name, default=str(default))).strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65_535):
            raise ImproperlyConfigured(f"{name} is {text!r}. Choose a port from 1 to 65535.")
        return int(text)

    def whole(self, name: str, *, least: int, most: int, default: int) -> int:
        """:raises ImproperlyConfigured: if it is not a whole number within these bounds"""
        text = str(self.str(name, default=str(default))).strip()
        fits = text.isascii() and text.isdigit() and len(text) <= 9
        if not (fits and least <= int(text) <= most):
            raise ImproperlyConfigured(
                f"{name} is {text!r}. Write a whole number from {least} to {most}."
            )
        return int(text)

    def choice(self, name: str, *, known: tuple[str, ...], default: str) -> str:
        """:raises ImproperlyConfigured: if it is none of the known ones"""
        text = str(self.str(name, default=default)).strip()
        if text not in known:
            raise ImproperlyConfigured(f"{name} is {text!r}. Write one of {', '.join(known)}.")
        return text

    def price(self, name: str, *, default: str) -> Decimal:
        """:raises ImproperlyConfigured: if it is not an amount of zero or more"""
        text = str(self.str(name, default=default))
        try:
            price = Decimal(text)
        except InvalidOperation:
            price = Decimal("NaN")
        if not price.is_finite() or price < 0:
            raise ImproperlyConfigured(f"{name} is {text!r}. Write an amount such as {default}.")
        return price
