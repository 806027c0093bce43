from __future__ import annotations

from django.apps import AppConfig


class CostsConfig(AppConfig):
    name = "portal.costs"

    def ready(self) -> None:
        from django.db.models.signals import pre_delete

        from portal.connections.models import Connection
        from portal.costs.listening import hear_of_connection

        # Connections know nothing of costs: they are below them, and whoever removes one, this
        # has to be heard of.
        pre_delete.connect(hear_of_connection, sender=Connection, dispatch_uid="portal.costs")
