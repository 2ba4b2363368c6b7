"""The contract of the ONNX converters: each layer is exported or refused by name."""

import pytest

from default_layers import SHAPE, called, layer_classes, usual_arguments
from networks import fill, flattened
from scallion import layers, protobuf
from scallion.activations import FORMULAS
from scallion.engine.operations import OPERATIONS
from scallion.engine.refusal import Refusal
from scallion.errors import UnsupportedError
from scallion.export.onnx.index import CONVERTERS
from scallion.export.onnx.layers import activation
from scallion.export.onnx.onnx_graph import encode_graph
from scallion.graph import Graph
from scallion.layers import Input
from scallion.layers.base.layer import Layer
from scallion.models import Model
from scallion.models.builtin import architectures


def operations(graph: bytes) -> list[str]:
    """Return the kinds of the nodes of a GraphProto."""
    nodes = [value for number, value in protobuf.fields(graph) if number == 1]
    return [dict(protobuf.fields(node))[4].decode() for node in nodes]  # type: ignore[arg-type]


def test_every_specification_has_a_row() -> None:
    assert set(CONVERTERS) == set(OPERATIONS)


def test_every_activation_has_a_formula() -> None:
    assert {*activation.FORMULAS, *activation.ALONG_CHANNELS} == set(FORMULAS)


@pytest.mark.parametrize("kind", layer_classes(), ids=lambda kind: kind.__name__)
def test_each_layer_is_exported_or_refused_by_name(kind: type[Layer]) -> None:
    layer = kind(*usual_arguments(kind))
    start = Input(SHAPE)
    graph = Graph((start,), (flattened(called(layer, start)),))
    fill(graph)
    if isinstance(CONVERTERS[type(layer.spec)], Refusal):
        with pytest.raises(UnsupportedError, match=layer.name):
            encode_graph(graph, "test")
    else:
        assert operations(encode_graph(graph, "test"))


def test_a_layer_without_a_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Input((4,))
    graph = Graph((start,), (layers.Dense(3, name="head")(start),))
    monkeypatch.delitem(CONVERTERS, type(layers.Dense(3).spec))
    with pytest.raises(UnsupportedError, match=r"layer 'head' .* it has no row") as caught:
        encode_graph(graph, "test")
    assert caught.value.layer == "head"


@pytest.mark.parametrize("name", ["QUICK", "LESSON", "LESSON_DEEP", "LESSON_DENSE"])
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3)])
def test_images_are_transposed_once_at_most(name: str, shape: tuple[int, int, int]) -> None:
    model: Model = getattr(architectures, name).build(shape, 10, scale=1 / 255)
    kinds = operations(encode_graph(model.graph, "test"))
    assert kinds.count("Transpose") == (shape[2] > 1 and name != "LESSON_DENSE")
    assert kinds.count("Gather") == 0


def test_folded_normalizations_are_gone() -> None:
    model = architectures.QUICK.build((28, 28, 1), 10)
    kept, folded = (
        operations(encode_graph(model.graph, "test", folds_normalization=folds))
        for folds in (False, True)
    )
    assert kept.count("BatchNormalization") == 4
    # Pooling is between a convolution and its normalization in the first three blocks.
    assert folded.count("BatchNormalization") == 3


def test_equal_weights_are_stored_once() -> None:
    start = Input((7,))
    shared = layers.Dense(7)
    once = encode_graph(Graph((start,), (shared(start),)), "test")
    twice = encode_graph(Graph((start,), (shared(shared(start)),)), "test")
    assert len(twice) < len(once) + 100
