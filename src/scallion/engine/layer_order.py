"""What must stand first: layers that no gradient goes back through."""

from scallion.errors import UnsupportedError
from scallion.graph import Graph
from scallion.layers.augmentation import AugmentationSpec
from scallion.layers.preprocessing import CenterCropSpec, NormalizationSpec, ResizingSpec
from scallion.layers.tensor import Tensor

_FIRST = (AugmentationSpec, CenterCropSpec, ResizingSpec, NormalizationSpec)


def require_preprocessing_first(graph: Graph) -> None:
    """Raise UnsupportedError where something that learns stands before preprocessing."""
    learns: dict[Tensor, bool] = {}
    for node in graph.nodes:
        behind = any(learns[tensor] for tensor in node.inputs)
        if behind and isinstance(node.layer.spec, _FIRST):
            raise UnsupportedError(
                f"layer {node.layer.name!r} ({type(node.layer).__name__}) stands behind layers "
                "that learn, and passes no gradient back to them",
                hint="put it right behind Input, or freeze what stands before it",
            )
        learns[node.output] = behind or bool(node.layer.trainable_weights)
