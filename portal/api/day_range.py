"""From a day to a day, both included."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from portal.api.inputs import StrictSerializer
from portal.costs.figures import YEARS

MOST_DAYS = 400
SENTENCE = (
    f"Ask for up to {MOST_DAYS} days of the years {YEARS.start} to {YEARS.stop - 1}, the last not"
    " before the first."
)


class DaysQuery(StrictSerializer):
    to = serializers.DateField(
        required=False, help_text="The last day, of UTC; today, if left out."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's own, so no attribute can be named so."""
        first = serializers.DateField(
            required=False, help_text="The first day; if left out, the first of the last's month."
        )
        return {"from": first, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        last = attrs.get("to", timezone.now().astimezone(UTC).date())
        first = attrs.get("from", last.replace(day=1))
        is_known = first.year in YEARS and last.year in YEARS
        if not is_known or not 0 <= (last - first).days < MOST_DAYS:
            raise serializers.ValidationError({"to": [SENTENCE]})
        return {"from": first, "to": last}
