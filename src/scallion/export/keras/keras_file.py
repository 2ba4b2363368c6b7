"""A `.keras` file for plain Keras: a softmax last, class names and outputs in their own members.

Keras ignores members that it does not know. `class_names.json` is a list of the classes, in the
order of the output; `verification.json` has the description and the outputs.
"""

import hashlib
import io
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scallion.errors import FileError
from scallion.export import runtimes
from scallion.export.description import ExportDescription
from scallion.export.verification import (
    NOT_VERIFIED,
    Arrays,
    Verification,
    adds_softmax,
    compare,
    make_check_images,
    require_digest,
)
from scallion.files import StrPath
from scallion.graph.graph import as_list
from scallion.layers import Softmax
from scallion.models import Model, load_model
from scallion.models.files.model_file import CONFIG, SCALLION, WEIGHTS, open_archive, read_json
from scallion.models.files.model_writer import save_model
from scallion.models.files.verification import VerificationResult
from scallion.temporary_files import working_folder

CLASS_NAMES, VERIFICATION = "class_names.json", "verification.json"
HOW = "scallion verify FILE.keras compares the outputs; Keras needs a backend, such as torch"
_COMPUTE = (CONFIG, WEIGHTS, SCALLION)  # the members that decide what a prediction is
BACKENDS = ("torch", "jax", "tensorflow")

_PROGRAM = """
import sys
import numpy as np
import keras
model = keras.models.load_model("model.keras", compile=False)
with np.load("images.npz") as arrays:
    images = [arrays[name] for name in arrays.files]
outputs = model.predict(images if len(images) > 1 else images[0], verbose=0)
np.savez("outputs.npz", *(outputs if isinstance(outputs, list) else [outputs]))
"""


@dataclass(frozen=True, slots=True)
class KerasOptions:
    """This export has no choices."""


class KerasDraft:
    """A Keras file before it is written."""

    note = ""

    def __init__(self, model: Model, options: KerasOptions) -> None:
        self.description = ExportDescription.of(model)
        self.verification = Verification.of(model, self.description)
        self.members = _members(probabilities_model(model, self.description))

    def encode(self, verified_with: str | None) -> bytes:
        """Return the bytes of the file."""
        verification = {
            "description": self.description.as_dict(),
            "verification": self.verification.as_dict(self.description, _digest(self.members)),
            "verified": verified_with or NOT_VERIFIED,
            "how_to_verify": HOW,
        }
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            members = {**self.members, VERIFICATION: _json(verification)}
            if self.description.class_names:
                members[CLASS_NAMES] = _json(list(self.description.class_names))
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return file.getvalue()

    def outputs(self) -> Arrays:
        """Return the outputs of Keras for the check images, in a process of its own."""
        images = make_check_images(self.description.input_shapes, self.description.pixel_range)
        backend = os.environ.get("KERAS_BACKEND") or _backend() or ""
        with working_folder() as folder:
            (folder / "model.keras").write_bytes(self.encode(None))
            np.savez(folder / "images.npz", *images)
            runtimes.run_python(["-c", _PROGRAM], folder, {"KERAS_BACKEND": backend})
            return _arrays(folder / "outputs.npz")


def runtime() -> str | None:
    """Return Keras and its version if it is installed with a backend."""
    return runtimes.installed("keras") if _backend() else None


def is_keras_export(path: StrPath) -> bool:
    """Return whether a file is such an export, not the model file of a run."""
    if Path(path).suffix != ".keras" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return VERIFICATION in archive.namelist()


def verify(path: Path) -> VerificationResult:
    """Compare the outputs of a Keras export with the model's. Raises FileError if it was changed.

    Scallion computes them, so no other software is needed.
    """
    with open_archive(path) as archive:
        stored = read_json(archive, VERIFICATION, path)
        members = {name: archive.read(name) for name in _COMPUTE}
        has_names = CLASS_NAMES in archive.namelist()
        names = read_json(archive, CLASS_NAMES, path) if has_names else []
    try:
        require_digest(stored, _digest(members))
        description = stored["description"]
        if names != description["class_names"]:
            raise FileError(
                "the file is not what was exported: its class names have changed",
                hint="take the file from a copy, or export the model again",
            )
        model = load_model(path, compile=False)
        seed = stored["verification"]["check_images"]["seed"]
        images = make_check_images(description["input_shapes"], description["pixel_range"], seed)
        found = model.predict_on_batch(images if len(images) > 1 else images[0])
        outputs = [np.asarray(one) for one in as_list(found)]
        return compare(stored["verification"]["outputs"], outputs)
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(
            f"{VERIFICATION} is damaged: {error}", hint="take the file from a copy"
        ) from error


def probabilities_model(model: Model, description: ExportDescription) -> Model:
    """Return a model with the same layers, a softmax after logits, and nothing of the training."""
    outputs = model.outputs
    if adds_softmax(model, description):
        taken = {layer.name for layer in model.graph.layers}
        name = next(
            one for one in ("probabilities", "probabilities_of_classes") if one not in taken
        )
        outputs = [Softmax(name=name)(outputs[0])]
    inputs = model.inputs
    copy = Model(
        inputs if len(inputs) > 1 else inputs[0],
        outputs if len(outputs) > 1 else outputs[0],
        name=model.name,
    )
    if model.metadata is not None:
        card = model.metadata
        copy.metadata = {
            "class_names": list(description.class_names),
            "preprocessing": {
                key: card["preprocessing"][key]
                for key in ("resize_rule", "scale")
                if key in card["preprocessing"]
            },
            "input": card["input"],
            **({"notice": card["notice"]} if "notice" in card else {}),
        }
    return copy


def _members(model: Model) -> dict[str, bytes]:
    """Return the members of the model's `.keras` file."""
    with working_folder() as folder:
        path = folder / "model.keras"
        save_model(model, path)
        with zipfile.ZipFile(path) as archive:
            return {member: archive.read(member) for member in archive.namelist()}


def _digest(members: dict[str, bytes]) -> str:
    """Return the SHA-256 of layers, weights and preprocessing in a file."""
    digest = hashlib.sha256()
    for name in _COMPUTE:
        digest.update(hashlib.sha256(members[name]).digest())
    return digest.hexdigest()


def _backend() -> str | None:
    return next((name for name in BACKENDS if runtimes.installed(name)), None)


def _arrays(path: Path) -> list[NDArray[np.float32]]:
    with np.load(path, allow_pickle=False) as arrays:
        return [arrays[name] for name in arrays.files]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
