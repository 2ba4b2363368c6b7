"""What an export says about its model: classes, preprocessing, fingerprint. Nothing else leaves.

Everything here is chosen one by one, because the metadata may also name data sets, and a run folder
names paths, hosts and users.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import scallion
from scallion.graph import Graph
from scallion.layers.activation import SoftmaxSpec
from scallion.models import Model
from scallion.models.files.config_writer import to_config
from scallion.runs.inspection.classifier import Classifier


@dataclass(frozen=True, slots=True)
class ExportDescription:
    """The facts that travel with a model.

    `class_names` is empty, and `preprocessing` None, for a model that no run has written. `notice`
    says where pretrained weights are from; it must stay with the model. `pixel_range` are the
    values that black and white pixels have in the network's input.
    """

    network: str
    class_names: tuple[str, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    pixel_range: tuple[float, float]
    preprocessing: dict[str, Any] | None
    fingerprint: str
    scallion_version: str = scallion.__version__
    notice: str = ""

    @classmethod
    def of(cls, model: Model) -> "ExportDescription":
        """Return the description of a model."""
        shapes = tuple(tensor.image_shape for tensor in model.inputs)
        if model.metadata is None:
            return cls(model.name, (), shapes, (0.0, 1.0), None, fingerprint(model))
        classifier = Classifier(model)
        rule = classifier.resize_rule
        low, high = classifier.pixels
        return cls(
            model.name,
            classifier.class_names,
            shapes,
            (float(low), float(high)),
            {
                "resize_rule": rule.as_dict(),
                "in_words": f"{rule.describe()}; pixels 0 to 255 become {low:g} to {high:g}",
            },
            fingerprint(model),
            notice=str(model.metadata.get("notice", "")),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the description as JSON can hold it."""
        return json.loads(json.dumps(asdict(self)))


def fingerprint(model: Model) -> str:
    """Return the SHA-256 of a model's layers and weights."""
    digest = hashlib.sha256(json.dumps(to_config(model)["config"], sort_keys=True).encode())
    for weight in model.get_weights():
        digest.update(f"{weight.dtype}{weight.shape}".encode())
        digest.update(weight.tobytes())
    return digest.hexdigest()


def ends_in_softmax(graph: Graph) -> bool:
    """Return whether the first output is that of a softmax over its last axis."""
    output = graph.outputs[0]
    spec = output.node.layer.spec
    if isinstance(spec, SoftmaxSpec):
        return spec.axis in (-1, len(output.image_shape))
    return getattr(spec, "activation", None) == "softmax"
