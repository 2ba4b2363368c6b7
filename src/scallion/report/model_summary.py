"""A network's summary as data, for `scallion summary --json`."""

from dataclasses import asdict
from typing import Any

from scallion.graph.summary_rows import summary_rows, summary_totals
from scallion.models import Model


def summary_as_dict(model: Model) -> dict[str, Any]:
    """Return the rows and totals of the model's summary, named as in `graph.summary_rows`."""
    totals = summary_totals(model)
    return {
        "model": model.name,
        "layers": [asdict(row) for row in summary_rows(model)],
        "parameters": totals.parameters,
        "trainable": totals.trainable,
        "non_trainable": totals.non_trainable,
        "macs": totals.macs,
        "activation_bytes": totals.activation_bytes,
    }
