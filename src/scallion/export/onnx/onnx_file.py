"""ONNX files with class names, preprocessing and outputs in their metadata, and their check."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import scallion
from scallion import files, protobuf
from scallion.errors import FileError, StateError
from scallion.export import runtimes
from scallion.export.description import ExportDescription, ends_in_softmax
from scallion.export.onnx import model_proto
from scallion.export.onnx.onnx_graph import OUTPUT, encode_graph
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
from scallion.installation import package_command
from scallion.models import Model
from scallion.models.files.verification import VerificationResult

RUNTIME = "onnxruntime"
HOW = "pip install onnxruntime, then: scallion verify FILE.onnx"
PROBABILITIES = "probabilities"


@dataclass(frozen=True, slots=True)
class OnnxOptions:
    """The choices of an ONNX export.

    `uint8_input` takes pixels from 0 to 255 and maps them to the network's range inside.
    `fold_normalization` makes batch normalizations part of the layers before them.
    """

    uint8_input: bool = False
    fold_normalization: bool = False


class OnnxDraft:
    """An ONNX file before it is written: its graph, description and stored outputs."""

    note = ""

    def __init__(self, model: Model, options: OnnxOptions) -> None:
        self.description = ExportDescription.of(model)
        self.verification = Verification.of(model, self.description)
        self.options = options
        softmax = adds_softmax(model, self.description)
        self.graph = encode_graph(
            model.graph,
            model.name,
            output=PROBABILITIES if softmax or ends_in_softmax(model.graph) else OUTPUT,
            adds_softmax=softmax,
            pixel_range=self.description.pixel_range if options.uint8_input else None,
            folds_normalization=options.fold_normalization,
        )

    def encode(self, verified_with: str | None) -> bytes:
        """Return the bytes of the file."""
        pixels = "uint8, 0 to 255" if self.options.uint8_input else "float32"
        takes = f"{pixels}, (N, height, width, channels)"
        metadata = {
            "class_names": list(self.description.class_names),
            "input": takes,
            "description": self.description.as_dict(),
            "verification": self.verification.as_dict(self.description, _digest(self.graph, takes)),
            "verified": verified_with or NOT_VERIFIED,
            "how_to_verify": HOW,
        }
        texts = {key: _text(value) for key, value in metadata.items()}
        return model_proto.model(self.graph, scallion.__version__, texts)

    def outputs(self) -> Arrays:
        """Return the outputs of onnxruntime for the check images."""
        return run(self.encode(None), self.description.as_dict(), self.verification.seed)


def run(content: bytes, description: Mapping[str, Any], seed: int) -> list[NDArray[np.float32]]:
    """Return the outputs of onnxruntime for the check images."""
    runtime: Any = import_module(RUNTIME)
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    low, high = description["pixel_range"]
    images = make_check_images(description["input_shapes"], (low, high), seed)
    feeds = {
        slot.name: _as_uint8(array, low, high) if slot.type == "tensor(uint8)" else array
        for slot, array in zip(session.get_inputs(), images, strict=True)
    }
    return session.run(None, feeds)


def runtime() -> str | None:
    """Return onnxruntime and its version if it is installed."""
    return runtimes.installed(RUNTIME)


def is_onnx(path: StrPath) -> bool:
    """Return whether a path has the ending of ONNX files."""
    return Path(path).suffix == ".onnx"


def verify(path: Path) -> VerificationResult:
    """Compare the outputs of an ONNX file for the check images with the model's.

    Raises FileError for a file that is damaged, was changed, or that Scallion did not write, and
    StateError where onnxruntime is not installed.
    """
    content = files.read_bytes(path)
    graph, metadata = b"", dict[str, str]()
    for number, value in protobuf.fields(content):
        if number == model_proto.GRAPH_FIELD and isinstance(value, bytes):
            graph = value
        elif number == model_proto.METADATA_FIELD and isinstance(value, bytes):
            pair = dict(protobuf.fields(value))
            metadata[_decoded(pair.get(1))] = _decoded(pair.get(2))
    try:
        stored = {
            key: json.loads(metadata[key]) for key in ("class_names", "description", "verification")
        }
        require_digest(stored, _digest(graph, metadata["input"]))
        if stored["class_names"] != stored["description"]["class_names"]:
            raise FileError(
                "the file is not what was exported: its class names have changed",
                hint="take the file from a copy, or export the model again",
            )
        if runtime() is None:
            raise StateError(
                "onnxruntime is not installed, so the outputs of the file cannot be computed",
                hint=package_command("onnxruntime"),
            )
        seed = stored["verification"]["check_images"]["seed"]
        outputs = run(content, stored["description"], seed)
        return compare(stored["verification"]["outputs"], outputs)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, StateError):
            raise
        raise FileError(
            f"the file has no stored outputs of Scallion: {error}", hint="export the model again"
        ) from error


def _digest(graph: bytes, takes: str) -> str:
    """Return the SHA-256 of a graph and of what it says about its input."""
    return hashlib.sha256(graph + takes.encode()).hexdigest()


def _as_uint8(images: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    return np.rint((images - low) * (255 / (high - low))).astype(np.uint8)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _decoded(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
