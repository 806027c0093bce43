"""A model may only read from the layers listed for its own folder."""

from __future__ import annotations

from typing import Any

from flows.connectors.catalog import connector
from tests.transforms.samples import sampled

# Seeds are our own reference data and live where entities do.
MAY_READ = {
    "staging": {"raw"},
    "standard": {"staging", "standard"},
    "analytics": {"standard", "analytics"},
}


def test_a_model_reads_only_from_the_layers_before_it(whole_manifest: dict[str, Any]) -> None:
    strays = [
        (model["name"], parent)
        for model in _models(whole_manifest)
        for parent in model["depends_on"]["nodes"]
        if _layer(whole_manifest, parent) not in MAY_READ[model["fqn"][1]]
    ]

    assert strays == []


def test_a_schema_is_called_as_its_layer(whole_manifest: dict[str, Any]) -> None:
    schemas = {(model["fqn"][1], model["schema"]) for model in _models(whole_manifest)}

    assert schemas == {(layer, layer) for layer in MAY_READ}


def test_every_raw_table_of_a_connector_has_a_staging_view(whole_manifest: dict[str, Any]) -> None:
    read = {parent for model in _models(whole_manifest) for parent in model["depends_on"]["nodes"]}

    tables = {
        f"source.mercurios.raw.{name}__{stream}"
        for name in sampled()
        for stream in connector(name).streams
    }
    assert len(tables) > 19
    assert tables <= read


def _layer(manifest: dict[str, Any], unique_id: str) -> str:
    if unique_id.startswith("source."):
        return "raw"
    if unique_id.startswith("seed."):
        return "standard"
    return str(manifest["nodes"][unique_id]["fqn"][1])


def _models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
