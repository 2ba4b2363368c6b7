"""Check a network against a question's requirements: shapes and counts, never its code."""

from collections import Counter
from collections.abc import Sequence
from math import prod

from scallion.graph.summary_rows import summary_rows
from scallion.layers import MaxPooling2D
from scallion.layers.dense import DenseSpec
from scallion.layers.reshaping import FlattenSpec
from scallion.lesson.answers.grading import Grade
from scallion.lesson.answers.number_input import format_number, read_number
from scallion.lesson.questions import BuildQuestion, NetworkRequirements
from scallion.models import Model


def check_network(question: BuildQuestion, model: Model) -> Grade:
    """Grade a network by the first requirement that it does not meet."""
    require = question.require
    for fault in (_shape_fault(require, model), _layer_fault(require, model)):
        if fault is not None:
            return fault
    count = model.count_params()
    reason = _count_fault(require, count)
    if reason:
        for hint in question.hints:
            if count == read_number(hint.value):
                return Grade(False, reason, hint.say, "named")
        return Grade(False, reason, _largest_layer_hint(model), "parameters")
    fault = _flatten_fault(require, model)
    if fault is not None:
        return fault
    return Grade(
        True, f"Right: a network of {format_number(count)} parameters{_flatten_note(model)}."
    )


def shape_into_flatten(model: Model) -> tuple[int, ...] | None:
    """Return the input shape of the first Flatten without the batch, None if there is none."""
    for node in model.graph.nodes:
        if isinstance(node.layer.spec, FlattenSpec):
            return node.input_shapes[0]
    return None


def _shape_fault(require: NetworkRequirements, model: Model) -> Grade | None:
    shapes = (
        ("image", require.input_shape, model.inputs[0].image_shape, "Input"),
        ("answer", require.output_shape, model.outputs[0].image_shape, "the last layer"),
    )
    for what, required, found, place in shapes:
        if required is not None and found != tuple(required):
            return Grade(
                False,
                f"Your network's {what} has the shape {_shape(found)}, not {_shape(required)}.",
                _missing_flatten_hint(model) or f"Look at {place}.",
                what,
            )
    return None


def _missing_flatten_hint(model: Model) -> str:
    """Return a hint if Dense works at each place of the image because Flatten is missing."""
    if len(model.outputs[0].image_shape) > 1 and shape_into_flatten(model) is None:
        return "Dense works on the last axis only: put Flatten between the image and Dense."
    return ""


def _layer_fault(require: NetworkRequirements, model: Model) -> Grade | None:
    counted = Counter(type(layer).__name__ for layer in model.layers)
    for kind, required in require.layers.items():
        if counted[kind] != required:
            return Grade(
                False,
                f"Your network has {counted[kind]} {kind} layers, not {required}.",
                "Look at model.summary().",
                "layers",
            )
    return None


def _count_fault(require: NetworkRequirements, count: int) -> str:
    """Return why this number of parameters is wrong, an empty string if it is right."""
    checks = (
        (require.parameters, "not", lambda required: count == required),
        (require.at_most, "above", lambda required: count <= required),
        (require.at_least, "below", lambda required: count >= required),
    )
    for required, word, is_met in checks:
        if required is not None and not is_met(required):
            found = format_number(count)
            return f"Your network has {found} parameters, {word} {format_number(required)}."
    return ""


def _largest_layer_hint(model: Model) -> str:
    """Return the layer with most parameters, and their calculation."""
    rows = [row for row in summary_rows(model) if row.parameters]
    if not rows:
        return "No layer has any: add a Dense layer."
    largest = max(rows, key=lambda row: row.parameters or 0)
    hint = f"Most are in {largest.name!r}: {largest.arithmetic}."
    flattened = shape_into_flatten(model)
    if largest.kind == "Dense" and flattened and len(flattened) > 1:
        hint += (
            f" Its {prod(flattened):,} inputs are the {_shape(flattened)} that Flatten gets: a "
            "smaller image there means fewer."
        )
    return hint


def _flatten_fault(require: NetworkRequirements, model: Model) -> Grade | None:
    if require.into_flatten is None:
        return None
    found, required = shape_into_flatten(model), tuple(require.into_flatten)
    if found == required:
        return None
    if found is None:
        return Grade(False, "Your network has no Flatten.", "Put one before the Dense layers.", "")
    return Grade(
        False,
        f"The image that reaches Flatten is {_shape(found)}, not {_shape(required)}.",
        _size_hint(found, required, model),
        "flatten",
    )


def _size_hint(found: tuple[int, ...], required: tuple[int, ...], model: Model) -> str:
    pools = sum(isinstance(layer, MaxPooling2D) for layer in model.layers)
    if found[0] > required[0]:
        return 'Each convolution without padding="same" removes a border; is one missing?'
    return (
        f"Something makes it too small: {pools} pools halve it, each convolution removes a border."
    )


def _flatten_note(model: Model) -> str:
    """Return the size of the image at Flatten, which decides how large a network is."""
    flattened = shape_into_flatten(model)
    dense = [layer for layer in model.layers if isinstance(layer.spec, DenseSpec)]
    if flattened is None or not dense:
        return ""
    return f", {_shape(flattened)} into Flatten"


def _shape(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
