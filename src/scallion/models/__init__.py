"""Models: `Sequential` and functional `Model`, and their `.keras` files."""

from scallion.lazy_imports import lazy_attributes
from scallion.models.model import Model
from scallion.models.sequential import Sequential

_HOMES = {
    "clone_model": ".files.config_reader",
    "load_model": ".files.model_reader",
    "model_from_json": ".files.config_reader",
    "save_model": ".files.model_writer",
}

__all__ = ["Model", "Sequential", *_HOMES]
__getattr__, __dir__ = lazy_attributes("scallion.models", _HOMES, "Model", "Sequential")
