"""The order of layers: those that pass no gradient back come before all that is trained."""

from scallion.engine.operations import is_differentiable
from scallion.errors import UnsupportedError
from scallion.graph import Graph
from scallion.layers.base.tensor import Tensor


def require_preprocessing_first(graph: Graph) -> None:
    """Raise UnsupportedError if a layer that passes no gradient back follows trainable layers."""
    is_trained: dict[Tensor, bool] = {}
    for node in graph.nodes:
        follows_trained = any(is_trained[tensor] for tensor in node.inputs)
        if follows_trained and not is_differentiable(node):
            raise UnsupportedError(
                f"layer {node.layer.name!r} ({type(node.layer).__name__}) follows trainable layers "
                "and passes no gradient back to them",
                hint="put it right after Input, or freeze the layers before it",
            )
        is_trained[node.output] = follows_trained or bool(node.layer.trainable_weights)
