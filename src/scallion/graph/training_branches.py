"""`if training:` in a `call`: layers that act only in training may stand in such a branch.

The call is run as in training, and once more as in prediction. Both must compute the same, except
for layers such as Dropout, which change nothing in prediction and are left out there.
"""

from collections.abc import Callable, Sequence

from scallion.errors import UnsupportedError
from scallion.graph.graph import Graph
from scallion.layers.base.tensor import OF_THE_STEP, Node, Tensor

Run = Callable[[], Sequence[Tensor]]


def traced_outputs(run: Run, starts: tuple[Tensor, ...]) -> Sequence[Tensor]:
    """Return the outputs of a call that may branch on `training`.

    Raises UnsupportedError if prediction computes something else than training without its random
    layers.
    """
    asked_before, OF_THE_STEP.asked = OF_THE_STEP.asked, False
    try:
        outputs = run()
        if OF_THE_STEP.asked and OF_THE_STEP.answer:
            _require_same_in_prediction(run, Graph(starts, tuple(outputs)))
    finally:
        OF_THE_STEP.asked = asked_before or OF_THE_STEP.asked
    return outputs


def _require_same_in_prediction(run: Run, graph: Graph) -> None:
    OF_THE_STEP.answer = False
    try:
        outputs = tuple(run())
    finally:
        OF_THE_STEP.answer = True
    other = Graph(graph.inputs, outputs)
    kept = {id(node) for node in graph.nodes}
    for node in other.nodes:
        if id(node) not in kept:
            node.layer.nodes.remove(node)
    if not _same_without_random_layers(graph, other):
        raise UnsupportedError(
            "`call` is run once and becomes a graph, so it cannot branch on `training` and compute "
            "something else in prediction",
            hint="pass training=training on: Dropout and normalization layers distinguish steps",
        )


def _same_without_random_layers(graph: Graph, prediction: Graph) -> bool:
    """Return whether both graphs call the same layers, apart from those of training alone."""
    counterpart = {id(tensor): id(tensor) for tensor in graph.inputs}
    left = [node for node in prediction.nodes if node.inputs]
    for node in graph.nodes:
        if not node.inputs:
            continue
        inputs = [counterpart[id(tensor)] for tensor in node.inputs]
        found = next((one for one in left if _calls_alike(node, one, inputs)), None)
        if found is not None:
            left.remove(found)
            counterpart[id(node.output)] = id(found.output)
        elif node.layer.spec.family == "dropout":
            counterpart[id(node.output)] = inputs[0]
        else:
            return False
    ends = [counterpart[id(tensor)] for tensor in graph.outputs]
    return not left and ends == [id(tensor) for tensor in prediction.outputs]


def _calls_alike(node: Node, other: Node, inputs: list[int]) -> bool:
    if [id(tensor) for tensor in other.inputs] != inputs:
        return False
    one, two = node.layer, other.layer
    if one is two:
        return True
    without_weights = not one.weights and not two.weights and type(one) is type(two)
    return without_weights and one.spec.config() == two.spec.config()
