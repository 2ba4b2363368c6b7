"""A network as data: what `scallion summary --json` prints."""

from dataclasses import asdict
from typing import Any

from scallion.graph import rows as listed
from scallion.models import Model


def summary_as_dict(model: Model) -> dict[str, Any]:
    """The rows of the model's summary and their totals, with the names that `graph.rows` uses."""
    totals = listed.totals(model)
    return {
        "model": model.name,
        "layers": [asdict(row) for row in listed.rows(model)],
        "parameters": totals.parameters,
        "trainable": totals.trainable,
        "non_trainable": totals.non_trainable,
        "macs": totals.macs,
        "activation_bytes": totals.activation_bytes,
    }
