"""How uploaded connectors look in the admin."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from flows.connectors.spec import Connector
from portal.lib.errors import Refused
from portal.marketplace.binding import addresses_of
from portal.marketplace.models import ConnectorVersion, Rollout, Trial, UploadedConnector
from portal.marketplace.selectors import rollouts_of, spec_of, trials_of, versions_of
from portal.marketplace.wording import preview_sentence
from portal.tenants.door import moment

MOST_TRIALS = 20


def connector_context(connector: UploadedConnector) -> dict[str, Any]:
    rollouts = list(rollouts_of(connector))
    used = [each for each in rollouts if each.version_id is not None]
    return {
        "connector": connector,
        "versions_table": {
            "headers": ["Version", "Uploaded (UTC)", "By", "What is new", "Tried", "Used by"],
            "rows": [_version_row(each, used) for each in versions_of(connector)],
        },
        "rollouts": rollouts,
    }


def version_context(version: ConnectorVersion) -> dict[str, Any]:
    """Also for a version that a later release of ours does not understand any more."""
    spec, problem = _spec(version)
    used = [each for each in rollouts_of(version.connector) if each.version_id == version.pk]
    return {
        "connector": version.connector,
        "version": version,
        "problem": problem,
        "preview": preview_sentence(spec),
        "facts": [
            ("Uploaded", f"{moment(version.uploaded_at)} UTC by {version.who}"),
            ("What is new", version.note),
            ("SHA-256", version.digest),
            ("Sends credentials to", ", ".join(addresses_of(spec)) if spec else ""),
            ("Asks for", ", ".join(_fields(spec))),
            ("Streams", ", ".join(each.title for each in spec.streams.values()) if spec else ""),
            ("Samples", ", ".join(sorted(version.samples)) or "none"),
            ("Used by", ", ".join(each.tenant.name for each in used) or "nobody"),
        ],
        "sent_to": ", ".join(addresses_of(spec)) if spec else "",
        "trials_table": {
            "headers": ["At (UTC)", "By", "Account of", "Credentials", "Outcome"],
            "rows": [_trial_row(each) for each in trials_of(version)[:MOST_TRIALS]],
        },
    }


def used_by(connector: UploadedConnector) -> str:
    """The tenants, each with its version's number."""
    used = [
        f"{each.tenant} ({each.version.number})"
        for each in rollouts_of(connector)
        if each.version is not None
    ]
    return ", ".join(used) or "nobody"


def _spec(version: ConnectorVersion) -> tuple[Connector | None, str]:
    try:
        return spec_of(version), ""
    except Refused as refused:
        return None, refused.message


def _fields(spec: Connector | None) -> list[str]:
    fields = spec.credentials.values() if spec else []
    return [f"{each.title} (secret)" if each.secret else each.title for each in fields]


def _version_row(version: ConnectorVersion, used: list[Rollout]) -> list[Any]:
    link = reverse("admin:marketplace_version_page", args=[version.connector_id, version.number])
    trials = list(trials_of(version))
    tried = "yes" if any(each.ok for each in trials) else "without success" if trials else "no"
    users = [each.tenant.name for each in used if each.version_id == version.pk]
    return [
        format_html('<a href="{}" class="text-link">Version {}</a>', link, version.number),
        moment(version.uploaded_at),
        version.who,
        version.note,
        tried,
        ", ".join(users) or "nobody",
    ]


def _trial_row(trial: Trial) -> list[Any]:
    account = trial.connection_name or "typed in for the trial"
    return [moment(trial.at), trial.who, trial.tenant.name, account, trial.result["message"]]
