"""What the admin's pages have in common: they translate, call one service and answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.decorators import display as unfold_display
from unfold.widgets import INPUT_CLASSES

from portal.lib.errors import Refused

Shown = TypeVar("Shown", bound=Callable[..., Any])


def display(
    *,
    description: str,
    ordering: str | None = None,
    label: Mapping[str, str] | None = None,
) -> Callable[[Shown], Shown]:
    """unfold's own, with types. `label` maps values to the colours of their badges."""
    decorator = unfold_display(description=description, ordering=ordering, label=label)
    return cast("Callable[[Shown], Shown]", decorator)


def show_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Put the sentence beside the input it is about."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.message)


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def date_input() -> forms.DateInput:
    """The browser's own, which needs no script."""
    attrs = {"type": "date", "class": " ".join(INPUT_CLASSES)}
    return forms.DateInput(attrs=attrs, format="%Y-%m-%d")


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]  # each form names its own model
    """A form whose values a service checks: its sentences say what to do, a constraint's do not."""

    def _get_validation_exclusions(self) -> set[str]:
        """Nothing is left for the model to check: the inputs check types, the service the rest."""
        return {field.name for field in self.instance._meta.get_fields()}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if not self.errors:
            try:
                self.check_values()
            except Refused as refused:
                show_refusal(self, refused)

    def check_values(self) -> None:
        """:raises Refused: with the first thing to correct"""


class ServiceAdmin(ModelAdmin):  # type: ignore[misc]  # untyped library
    """An admin whose writes are services; what they refuse becomes a message, never a traceback."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except Refused as refused:  # between the form's check and the write, somebody was quicker
            return refusal(request, refused, to=request.get_full_path())
        return response

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What goes with them belongs to them, so no further permission is asked for."""
        found = list(objs)
        names: list[Any] = []
        for each in found:
            names += [f"{capfirst(self.opts.verbose_name)} {each}", self.goes_with(each)]
        return names, {str(self.opts.verbose_name_plural): len(found)}, set(), []

    def goes_with(self, obj: Model) -> list[str]:
        """What is removed together with a row, in words."""
        return []


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # untyped library
    """Rows that the platform writes and people read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def refusal(request: HttpRequest, refused: Refused, *, to: str) -> HttpResponse:
    messages.error(request, refused.message)
    return HttpResponseRedirect(to)
