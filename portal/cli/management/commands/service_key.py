"""`manage.py service_key`: let the worker in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.access.services import ensure_service_key
from portal.cli.door import sentences


class Command(BaseCommand):
    help = "Register MERCURIOS_SERVICE_TOKEN, with which workers report. Repeating it is harmless."

    def handle(self, *args: Any, **options: Any) -> None:
        with sentences():
            ensure_service_key(secret=settings.SERVICE_TOKEN, at=timezone.now())
        self.stdout.write("The worker's token is registered.")
