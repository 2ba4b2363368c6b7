"""A network as an ONNX graph: every layer call converted, in the network's order."""

import numpy as np

from scallion.engine.refusal import Refusal
from scallion.errors import UnsupportedError
from scallion.export.onnx.conversion import Converter, LayerConversion
from scallion.export.onnx.graph_builder import OnnxGraphBuilder
from scallion.export.onnx.index import CONVERTERS
from scallion.export.onnx.normalization_folding import Weights, fold_normalizations, weights_of
from scallion.export.tensor_layout import ExportTensor
from scallion.graph import Graph
from scallion.graph.nested_models import flatten_nested
from scallion.layers.base.tensor import Node, Tensor

IMAGES, OUTPUT = "images", "output"
_MOST_BYTES = 2**31 - 2**20  # a protobuf message has less than 2 GiB


def encode_graph(
    graph: Graph,
    name: str,
    *,
    output: str = OUTPUT,
    adds_softmax: bool = False,
    pixel_range: tuple[float, float] | None = None,
    folds_normalization: bool = False,
) -> bytes:
    """Return a network as an ONNX GraphProto.

    One input is called `images`, and one output `output`; several have the names of their layers.
    With a `pixel_range`, the input is uint8, and 0 to 255 are mapped to that range first.
    `folds_normalization` makes batch normalizations part of the layers before them.

    Raises UnsupportedError for a layer that ONNX does not compute, and for over 2 GiB of weights.
    """
    flat = flatten_nested(graph)
    builder = OnnxGraphBuilder()
    values: dict[Tensor, ExportTensor] = {}
    inputs: dict[str, tuple[tuple[int, ...], str]] = {}
    for tensor in flat.inputs:
        title = builder.unique(IMAGES if len(flat.inputs) == 1 else tensor.name)
        inputs[title] = (tensor.image_shape, "float32" if pixel_range is None else "uint8")
        values[tensor] = ExportTensor(title, tensor.image_shape)
        if pixel_range is not None:
            values[tensor] = _from_uint8(builder, values[tensor], pixel_range)
    folded = fold_normalizations(flat) if folds_normalization else {}
    for node in flat.nodes:
        if node.inputs:
            weights = folded.get(node, weights_of(node.layer))
            values[node.output] = _convert(builder, node, values, weights)
    outputs = _outputs(builder, flat, values, output, adds_softmax)
    size = sum(array.nbytes for array in builder.constants.values())
    if size > _MOST_BYTES:
        raise UnsupportedError(
            f"an ONNX file has less than 2 GiB. Received: weights of {size:,} bytes",
            hint="a smaller network",
        )
    return builder.encode(name, inputs, outputs)


def _outputs(
    builder: OnnxGraphBuilder,
    graph: Graph,
    values: dict[Tensor, ExportTensor],
    output: str,
    adds_softmax: bool,
) -> dict[str, ExportTensor]:
    """Return the outputs by name, with their axes as in Keras."""
    outputs: dict[str, ExportTensor] = {}
    for tensor in graph.outputs:
        value = builder.in_layout(values[tensor], "keras")
        if adds_softmax:
            softmax = builder.operation("softmax", "Softmax", [value.name], axis=-1)
            value = ExportTensor(softmax, value.shape)
        outputs[builder.unique(output if len(graph.outputs) == 1 else tensor.name)] = value
    return outputs


def _convert(
    builder: OnnxGraphBuilder, node: Node, values: dict[Tensor, ExportTensor], weights: Weights
) -> ExportTensor:
    layer = node.layer
    call = LayerConversion(
        builder,
        layer.name,
        layer.spec,
        weights,
        tuple(values[tensor] for tensor in node.inputs),
        node.output.image_shape,
    )
    if not weights and layer.weights:  # a folded normalization
        return call.x
    return _converter_of(node)(call)


def _converter_of(node: Node) -> Converter:
    kind = type(node.layer.spec)
    converter = CONVERTERS.get(kind, Refusal("it has no row in scallion.export.onnx.index"))
    if isinstance(converter, Refusal):
        raise UnsupportedError(
            f"layer {node.layer.name!r} ({type(node.layer).__name__}) cannot be exported to ONNX: "
            f"{converter.reason}",
            hint="leave out this layer",
            layer=node.layer.name,
        )
    return converter


def _from_uint8(
    builder: OnnxGraphBuilder, x: ExportTensor, pixel_range: tuple[float, float]
) -> ExportTensor:
    """Add the preprocessing of uint8 pixels: the cast, and the map to the network's range."""
    low, high = pixel_range
    name = builder.operation("pixels", "Cast", [x.name], to=1)
    if high - low != 255:
        scale = builder.constant("pixels/scale", np.array((high - low) / 255, np.float32))
        name = builder.operation("pixels", "Mul", [name, scale])
    if low:
        offset = builder.constant("pixels/offset", np.array(low, np.float32))
        name = builder.operation("pixels", "Add", [name, offset])
    return ExportTensor(name, x.shape)
