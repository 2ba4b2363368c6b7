"""What verifies an export: a few images made from a seed, the model's outputs, and a digest.

Whoever gets the file can compute the outputs again. The digest is that of everything the file
says and computes, so that a changed weight, class name or preprocessing step is found as well.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ExportError, FileError
from scallion.export.description import ExportDescription, ends_in_softmax
from scallion.graph.graph import as_list
from scallion.models import Model
from scallion.models.files.verification import SEED, TOLERANCE, VerificationResult, check_images

Arrays = Sequence[NDArray[np.float32]]

NOT_VERIFIED = "not verified here"
_DIFFERS = "the file is not what was exported"


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """The outputs of the model for the check images, which follow from the seed.

    `outputs` is one nested list per output; those of a classifier are probabilities.
    """

    seed: int
    pixel_range: tuple[float, float]
    outputs: list[Any]

    @classmethod
    def of(cls, model: Model, description: ExportDescription) -> "Verification":
        """Return what verifies a model: its outputs on this machine. Raises ExportError."""
        found = model.predict_on_batch(
            _single(make_check_images(description.input_shapes, description.pixel_range))
        )
        outputs = [np.asarray(one) for one in as_list(found)]
        if adds_softmax(model, description):
            outputs = [_softmax(outputs[0])]
        if not all(np.isfinite(one).all() for one in outputs):
            raise ExportError(
                f"the outputs of {model.name!r} are not finite, so nothing can be verified",
                hint="scallion diagnose RUN says which layer has non-finite values",
            )
        rounded = [one.astype(np.float32).tolist() for one in outputs]
        return cls(SEED, description.pixel_range, rounded)

    def as_dict(self, description: ExportDescription, content: str) -> dict[str, Any]:
        """Return the entry `verification` as JSON can hold it.

        `content` is the SHA-256 of what computes.
        """
        entry = {
            "check_images": {
                "count": len(self.outputs[0]),
                "seed": self.seed,
                "range": list(self.pixel_range),
            },
            "outputs": self.outputs,
            "tolerance": TOLERANCE,
        }
        return {**entry, "sha256": digest(description.as_dict(), entry, content)}

    def compare(self, outputs: Arrays) -> VerificationResult:
        """Compare the outputs of a runtime for the check images with the model's."""
        return compare(self.outputs, outputs)


def make_check_images(
    shapes: Sequence[Sequence[int]], pixel_range: Sequence[float], seed: int = SEED
) -> list[NDArray[np.float32]]:
    """Return the check images, one array (4, *shape) per input."""
    low, high = pixel_range
    return [
        check_images(tuple(shape), low, high, seed + number) for number, shape in enumerate(shapes)
    ]


def adds_softmax(model: Model, description: ExportDescription) -> bool:
    """Return whether an export turns the outputs into probabilities: a classifier's logits."""
    return bool(description.class_names) and not ends_in_softmax(model.graph)


def digest(description: Mapping[str, Any], entry: Mapping[str, Any], content: str) -> str:
    """Return the SHA-256 of a description, the entry `verification` and what computes."""
    everything = [description, entry, content]
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()


def compare(wanted: Sequence[Any], outputs: Arrays) -> VerificationResult:
    """Return the largest difference of all outputs, relative to the largest value of each."""
    difference = 0.0
    for one, found in zip(wanted, outputs, strict=True):
        expected = np.asarray(one, np.float64)
        if expected.shape != found.shape or not np.isfinite(found).all():
            return VerificationResult(float("inf"))
        largest = max(np.abs(expected).max(initial=0.0), 1e-12)
        apart = np.abs(found.astype(np.float64) - expected).max(initial=0.0)
        difference = max(difference, float(apart / largest))
    return VerificationResult(difference)


def require_digest(stored: Mapping[str, Any], content: str) -> None:
    """Raise FileError unless the digest in a file fits what the file says and computes.

    `stored` has the keys `description` and `verification`.
    """
    entry = dict(stored["verification"])
    if entry.pop("sha256") != digest(stored["description"], entry, content):
        raise FileError(
            f"{_DIFFERS}: a weight, a class name or a preprocessing step has changed",
            hint="take the file from a copy, or export the model again",
        )


def _softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    rows = logits.astype(np.float64)
    powers = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _single(arrays: list[NDArray[np.float32]]) -> Any:
    return arrays[0] if len(arrays) == 1 else arrays
