from __future__ import annotations

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "portal.alerts"

    def ready(self) -> None:
        from django.conf import settings
        from django.db.models.signals import post_save

        from portal.alerts.channels import check_channels
        from portal.alerts.listening import hear_of_run
        from portal.runs.models import Run

        check_channels(settings.ALERTS)
        # Runs know nothing of alerts: they are below them, and end with or without them.
        post_save.connect(hear_of_run, sender=Run, dispatch_uid="portal.alerts")
