from __future__ import annotations

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "portal.marketplace"
    verbose_name = "Marketplace"
