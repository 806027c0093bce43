from __future__ import annotations

from django.apps import AppConfig


class WarehousesConfig(AppConfig):
    name = "portal.warehouses"
    verbose_name = "Snowflake"

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from portal.tenants.models import Tenant
        from portal.warehouses.listening import hear_of_tenant

        # Tenants know nothing of Snowflake: they are below it, and are made with or without it.
        post_save.connect(hear_of_tenant, sender=Tenant, dispatch_uid="portal.warehouses")
