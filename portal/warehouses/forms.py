"""The form that confirms an action."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget


class ConfirmForm(forms.Form):
    """
    :param typed: what a person has to type; empty if a click is enough
    """

    # Made with the page: the same page that is sent twice is one wish.
    code = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid4,
        error_messages={
            "required": "Open the page again.",
            "invalid": "Open the page again.",
        },
    )

    def __init__(self, typed: str, data: Any = None) -> None:
        super().__init__(data)
        self._typed = typed
        if typed:
            self.fields["typed"] = forms.CharField(
                label=f"Type {typed} to confirm",
                widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
                max_length=40,
            )

    def clean(self) -> dict[str, Any] | None:
        said = self.cleaned_data.get("typed")
        if self._typed and said is not None and said != self._typed:
            self.add_error("typed", f"Type {self._typed}, in capital letters.")
        return self.cleaned_data
