"""Whether a network is as a question wants it: shapes and counts, never the code behind it."""

from collections import Counter
from collections.abc import Sequence
from math import prod

from scallion.graph.summary_rows import summary_rows
from scallion.layers import MaxPooling2D
from scallion.layers.dense import DenseSpec, FlattenSpec
from scallion.lesson.grading import Grade
from scallion.lesson.number_input import format_number, read_number
from scallion.lesson.questions import BuildQuestion, NetworkRequirements
from scallion.models import Model


def check_network(question: BuildQuestion, model: Model) -> Grade:
    """The grade of a network, by the first requirement that it does not meet."""
    require = question.require
    for complaint in (_shapes(require, model), _layers(require, model)):
        if complaint is not None:
            return complaint
    count = model.count_params()
    wanted = _wanted(require, count)
    if wanted:
        for hint in question.hints:
            if count == read_number(hint.value):
                return Grade(False, wanted, hint.say, "named")
        return Grade(False, wanted, _where_they_are(model), "parameters")
    complaint = _flattened(require, model)
    if complaint is not None:
        return complaint
    return Grade(True, f"Right: a network of {format_number(count)} parameters{_ending(model)}.")


def shape_into_flatten(model: Model) -> tuple[int, ...] | None:
    """What the first Flatten gets, without the batch; None without one."""
    for node in model.graph.nodes:
        if isinstance(node.layer.spec, FlattenSpec):
            return node.input_shapes[0]
    return None


def _shapes(require: NetworkRequirements, model: Model) -> Grade | None:
    shapes = (
        ("image", require.input_shape, model.inputs[0].image_shape, "Input"),
        ("answer", require.output_shape, model.outputs[0].image_shape, "the last layer"),
    )
    for what, wanted, found, place in shapes:
        if wanted is not None and found != tuple(wanted):
            return Grade(
                False,
                f"Your network's {what} has the shape {_shape(found)}, not {_shape(wanted)}.",
                _unflattened(model) or f"Look at {place}.",
                what,
            )
    return None


def _unflattened(model: Model) -> str:
    """Without Flatten, Dense answers at each place of the image: three numbers come out."""
    if len(model.outputs[0].image_shape) > 1 and shape_into_flatten(model) is None:
        return "Dense works on the last axis only: put Flatten between the image and Dense."
    return ""


def _layers(require: NetworkRequirements, model: Model) -> Grade | None:
    counted = Counter(type(layer).__name__ for layer in model.layers)
    for kind, wanted in require.layers.items():
        if counted[kind] != wanted:
            return Grade(
                False,
                f"Your network has {counted[kind]} {kind} layers, not {wanted}.",
                "Look at model.summary().",
                "layers",
            )
    return None


def _wanted(require: NetworkRequirements, count: int) -> str:
    """Why this number of parameters will not do; empty where it will."""
    if require.parameters is not None and count != require.parameters:
        return f"Your network has {format_number(count)} parameters, not {format_number(require.parameters)}."
    if require.at_most is not None and count > require.at_most:
        return f"Your network has {format_number(count)} parameters, above {format_number(require.at_most)}."
    if require.at_least is not None and count < require.at_least:
        return f"Your network has {format_number(count)} parameters, below {format_number(require.at_least)}."
    return ""


def _where_they_are(model: Model) -> str:
    """The layer that holds most, with the sum that says why."""
    rows = [row for row in summary_rows(model) if row.parameters]
    if not rows:
        return "No layer of it has any: add a Dense layer."
    largest = max(rows, key=lambda row: row.parameters or 0)
    hint = f"Most are in {largest.name!r}: {largest.arithmetic}."
    flattened = shape_into_flatten(model)
    if largest.kind == "Dense" and flattened and len(flattened) > 1:
        hint += (
            f" Its {prod(flattened):,} inputs are the {_shape(flattened)} that Flatten gets: a "
            "smaller image there means fewer."
        )
    return hint


def _flattened(require: NetworkRequirements, model: Model) -> Grade | None:
    if require.into_flatten is None:
        return None
    found, wanted = shape_into_flatten(model), tuple(require.into_flatten)
    if found == wanted:
        return None
    if found is None:
        return Grade(False, "Your network has no Flatten.", "Put one before the Dense layers.", "")
    return Grade(
        False,
        f"The image that reaches Flatten is {_shape(found)}, not {_shape(wanted)}.",
        _why_another_size(found, wanted, model),
        "flatten",
    )


def _why_another_size(found: tuple[int, ...], wanted: tuple[int, ...], model: Model) -> str:
    pools = sum(isinstance(layer, MaxPooling2D) for layer in model.layers)
    if found[0] > wanted[0]:
        return 'Each convolution without padding="same" takes a border off; is one missing?'
    return f"Something makes it too small: {pools} pools halve it, each convolution takes a border."


def _ending(model: Model) -> str:
    """Where the Dense part begins, which is what makes networks large or small."""
    flattened = shape_into_flatten(model)
    dense = [layer for layer in model.layers if isinstance(layer.spec, DenseSpec)]
    if flattened is None or not dense:
        return ""
    return f", {_shape(flattened)} into Flatten"


def _shape(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
