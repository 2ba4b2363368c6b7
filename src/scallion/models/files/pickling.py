"""Copies of models for `copy.deepcopy`, `pickle` and the processes of joblib.

A model travels as the bytes of its `.keras` file, as in Keras; what the engine holds stays behind.
"""

from typing import TYPE_CHECKING

from scallion import files
from scallion.models.files.model_reader import load_model
from scallion.models.files.model_writer import save_model
from scallion.temporary_files import working_folder

if TYPE_CHECKING:
    from scallion.models.model import Model

_NAME = "model.keras"


def model_to_bytes(model: "Model") -> bytes:
    """Return the `.keras` file of a model as bytes: layers, weights, optimizer state and seed."""
    with working_folder() as folder:
        save_model(model, folder / _NAME)
        return files.read_bytes(folder / _NAME)


def model_from_bytes(content: bytes, engine: str = "auto") -> "Model":
    """Return the model in the bytes of a `.keras` file; no code in them is run.

    `engine` is that of `compile`, which a file does not keep. Raises FileError for bytes that are
    damaged.
    """
    with working_folder() as folder:
        path = folder / _NAME
        files.write_bytes(path, content)
        model = load_model(path)
    model._engine_name = engine
    return model
