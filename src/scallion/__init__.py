"""Train small image networks on a CPU, with the names and behaviour of Keras.

Everything is imported when it is first used, so `import scallion` takes little time.
"""

from importlib import import_module
from typing import Any

from scallion import session
from scallion.lazy_imports import lazy_attributes

__version__ = "0.1.0"

NAMESPACES = (
    "activations",
    "applications",
    "backend",
    "callbacks",
    "constraints",
    "datasets",
    "images",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "utils",
)

_HOMES = {
    "Initializer": "scallion.initializers",
    "Input": "scallion.layers",
    "Layer": "scallion.layers",
    "Loss": "scallion.losses",
    "Metric": "scallion.metrics",
    "Model": "scallion.models",
    "Sequential": "scallion.models",
    "Variable": "scallion.layers",
    "get_threads": "scallion.session",
    "load_ipython_extension": "scallion.compat",
    "load": "scallion.runs.inspection.classifier",
    "plot": "scallion.plots",
    "set_threads": "scallion.session",
    "unload_ipython_extension": "scallion.compat",
}

__all__ = sorted(["__version__", *NAMESPACES, *_HOMES])
_get, __dir__ = lazy_attributes("scallion", _HOMES, "__version__", *NAMESPACES)


def __getattr__(name: str) -> Any:
    return import_module(f"scallion.{name}") if name in NAMESPACES else _get(name)


def _call_on_arrays(*arguments: Any) -> Any:
    return import_module("scallion.models.array_call").call(*arguments)


def _export_model(*arguments: Any, **options: Any) -> Any:
    return import_module("scallion.export.exporting").export_model(*arguments, **options)


def _call_custom_layer(*arguments: Any) -> Any:
    return import_module("scallion.graph.tracing").call_custom_layer(*arguments)


session.call_on_arrays = _call_on_arrays
session.call_custom_layer = _call_custom_layer
session.export_model = _export_model
