"""How runs look in the admin."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from portal.runs.models import Run, StreamResult
from portal.runs.selectors import duration_of, totals_of
from portal.tenants.door import moment

# Variants of unfold's label.
STATUS_LABELS = {
    Run.Status.SCHEDULED.value: "info",
    Run.Status.RUNNING.value: "info",
    Run.Status.COMPLETED.value: "success",
    Run.Status.PARTIAL.value: "warning",
    Run.Status.FAILED.value: "danger",
    Run.Status.CRASHED.value: "danger",
    Run.Status.CANCELLED.value: "default",
}
RUN_HEADERS = [
    "Requested (UTC)",
    "Status",
    "Duration",
    "Extracted",
    "New",
    "Changed",
    "Rejected",
]


def label(text: str, variant: str) -> str:
    return render_to_string("unfold/helpers/label.html", {"text": text, "variant": variant})


def status_label(run: Run) -> str:
    return label(run.get_status_display(), STATUS_LABELS[run.status])


def duration(run: Run) -> str:
    seconds = duration_of(run)
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def stream_label(result: StreamResult) -> str:
    variant = "success" if result.status == StreamResult.Status.LANDED else "danger"
    return label(result.get_status_display(), variant)


def one_line(text: str) -> str:
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


def outcome_cell(run: Run) -> str:
    """The status and, below it, as much of the message as there is room for."""
    markup = (
        '{0}<span class="block text-xs truncate" style="width: 9rem" title="{1}">{1}</span>'
        if run.message
        else "{0}"
    )
    return format_html(markup, status_label(run), run.message)


def run_row(run: Run) -> list[Any]:
    """
    :param run: from `selectors.runs`
    """
    totals = totals_of(run)
    link = reverse("admin:runs_run_change", args=[run.pk])
    return [
        format_html(
            '<a href="{}" class="text-link whitespace-nowrap">{}</a>',
            link,
            moment(run.requested_at),
        ),
        outcome_cell(run),
        one_line(duration(run)),
        *(f"{count:,}" for count in (totals.extracted, totals.new, totals.changed)),
        f"{totals.rejected:,}",
    ]


def steps_table(run: Run) -> str:
    """What each step of a run took. A flow may report more about a step than is shown."""
    named = [(name, step) for name, step in run.steps.items() if isinstance(step, dict)]
    columns = sorted({key for _, step in named for key in step})
    if not columns:
        return ""
    rows = [[name, *(_figure(step.get(column)) for column in columns)] for name, step in named]
    headers = ["step", *(column.replace("_", " ") for column in columns)]
    table = {"headers": headers, "rows": rows}
    return render_to_string("unfold/components/table.html", {"table": table})


def _figure(value: object) -> str:
    match value:
        case bool() | None:
            return "" if value is None else str(value)
        case float():
            return f"{value:,.2f}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
