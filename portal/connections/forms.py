"""The forms on the way from a tenant to a deployed connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from flows.connectors.catalog import connectors
from flows.connectors.credentials import CredentialField
from flows.connectors.spec import Connector
from portal.connections.models import Connection, Schedule
from portal.connections.services import check_new_connection, credential_errors
from portal.connections.setup import Setup, personal_choices
from portal.lib.errors import Refused
from portal.marketplace.selectors import uploaded_connectors
from portal.marketplace.wording import name_in_lists
from portal.tenants.door import ServiceForm, date_input
from portal.tenants.models import Tenant

KEPT = "kept-"


def connector_choices() -> list[tuple[str, str]]:
    """Those that we bring, and those that any tenant may have been given."""
    ours = connectors()
    found = [(name, name_in_lists(connector)) for name, connector in ours.items()]
    found += [
        (each.name, f"{each.title} (uploaded)")
        for each in uploaded_connectors()
        if each.name not in ours
    ]
    return [("", "---------"), *sorted(found, key=lambda each: each[1].casefold())]


class NewConnectionForm(ServiceForm):
    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.order_by("name"), widget=UnfoldAdminSelect2Widget
    )
    connector = forms.ChoiceField(
        choices=connector_choices,
        widget=UnfoldAdminSelectWidget,
        help_text=(
            "The kind of system the data is read from. Not everything in a preview could be checked"
            " against the vendor's own documents or a live account. What was uploaded can be chosen"
            " for the tenants that use it."
        ),
    )

    class Meta:
        model = Connection
        fields = ("tenant", "connector", "name")

    def check_values(self) -> None:
        check_new_connection(
            tenant=self.instance.tenant,
            connector=self.instance.connector,
            name=self.instance.name,
        )


class CredentialsForm(forms.Form):
    """What a connector asks for. It is write-only: nothing stored ever comes back."""

    def __init__(self, connector: Connector, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self._connector = connector
        for name, field in connector.credentials.items():
            self.fields[name] = _credential(field)

    def clean(self) -> dict[str, str]:
        values = {name: value or "" for name, value in self.cleaned_data.items()}
        try:
            errors = credential_errors(self._connector, values)
        except Refused as refused:
            self.add_error(None, refused.message)
            return values
        for name, sentence in errors.items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, sentence)
        return values


def _credential(field: CredentialField) -> forms.CharField:
    attrs: dict[str, Any] = {"autocomplete": "new-password", "spellcheck": "false"}
    if field.pattern:
        # Pasted spaces are cut off on the server, so the browser must not stumble over them.
        attrs |= {"pattern": rf"\s*(?:{field.pattern})\s*", "title": field.help}
    widget = UnfoldAdminPasswordWidget if field.secret else UnfoldAdminTextInputWidget
    return forms.CharField(
        label=field.title,
        help_text=field.help,
        initial=field.default,
        required=not field.optional and field.default is None,
        widget=widget(attrs=attrs),
        error_messages={"required": "Enter a value."},
    )


class SetupForm(forms.Form):
    """What is read, from when on, how often, and which personal fields are kept."""

    streams = forms.MultipleChoiceField(
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": "Choose at least one stream."},
    )
    history_from = forms.DateField(
        required=False,
        label="History from",
        help_text="The first run reads what changed since this day. Empty: everything.",
        widget=date_input(),
    )
    kind = forms.ChoiceField(
        label="Schedule", choices=Schedule.Kind.choices, widget=UnfoldAdminSelectWidget
    )
    cron = forms.CharField(
        required=False,
        max_length=100,
        label="Cron expression",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "15 2 * * *"}),
    )
    interval_minutes = forms.IntegerField(
        required=False,
        label="Minutes between runs",
        help_text="From 1 to 10080, which is a week.",
        widget=UnfoldAdminIntegerFieldWidget(attrs={"placeholder": "60"}),
    )
    alerts_of_drift = forms.BooleanField(
        required=False,
        label="Alert when the fields of a stream change",
        help_text="Once for each run that sees something new. It is listed under Drift anyway.",
        widget=UnfoldBooleanWidget,
    )

    def __init__(
        self, connection: Connection, connector: Connector, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=_initial(connection))
        self.fields["cron"].help_text = (
            f"Minute, hour, day, month and weekday in {connection.tenant.time_zone}:"
            " 15 2 * * * is 02:15 every day."
        )
        choices = [(name, stream.title) for name, stream in connector.streams.items()]
        self.fields["streams"].choices = choices  # type: ignore[attr-defined]
        for name, stream in connector.streams.items():
            if offered := personal_choices(stream):
                self.fields[KEPT + name] = forms.MultipleChoiceField(
                    choices=[(field, field) for field in offered],
                    initial=connection.kept_personal_fields.get(name, []),
                    label=stream.title,
                    required=False,
                    widget=UnfoldAdminCheckboxSelectMultipleWidget,
                )

    def personal_fields(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in self.fields if name.startswith(KEPT))

    def setup(self) -> Setup:
        values = self.cleaned_data
        return Setup(
            streams=values["streams"],
            history_from=values["history_from"],
            kind=values["kind"],
            cron=values["cron"],
            interval_minutes=values["interval_minutes"],
            alerts_of_drift=values["alerts_of_drift"],
            kept_personal_fields={
                name.removeprefix(KEPT): fields
                for name, fields in values.items()
                if name.startswith(KEPT)
            },
        )


def _initial(connection: Connection) -> dict[str, Any]:
    schedule = getattr(connection, "schedule", None)
    return {
        "streams": connection.streams,
        "history_from": connection.history_from,
        "kind": schedule.kind if schedule else Schedule.Kind.MANUAL,
        "cron": schedule.cron if schedule else "",
        "interval_minutes": schedule.interval_minutes if schedule else None,
        "alerts_of_drift": connection.alerts_of_drift,
    }
