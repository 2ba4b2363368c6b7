"""The choice of an engine, by argument, by environment variable and by capability."""

import numpy as np
import pytest

from networks import batch, chain, layer, lesson, residual
from scallion import engine as engines
from scallion.engine import ENGINE_VARIABLE, native, native_library, registry
from scallion.engine.reference.engine import ReferenceEngine
from scallion.errors import ArgumentError, EngineError, UnsupportedError
from scallion.graph import Graph
from scallion.layers import Dense, Input

LESSON = lesson(deep=False, side=12)

with_native = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)


@pytest.fixture(autouse=True)
def without_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)


@pytest.fixture
def without_native(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_library, "_load", lambda: None)
    monkeypatch.setattr(registry, "_has_warned", True)


@with_native
def test_auto_prefers_the_native_engine() -> None:
    assert engines.resolve() == "native"
    assert isinstance(engines.create(LESSON()), native.NativeEngine)


def test_reference_can_be_chosen_by_argument() -> None:
    assert isinstance(engines.create(LESSON(), engine="reference"), ReferenceEngine)


@pytest.mark.usefixtures("without_native")
def test_auto_falls_back_to_the_reference() -> None:
    assert engines.resolve() == "reference"
    assert not engines.is_available("native")


@pytest.mark.usefixtures("without_native")
def test_a_missing_engine_chosen_by_name_is_an_error() -> None:
    with pytest.raises(EngineError) as caught:
        engines.create(LESSON(), engine="native")
    assert "install g++" in str(caught.value.hint)


@pytest.mark.usefixtures("without_native")
def test_the_fallback_warns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_has_warned", False)
    graph = LESSON()
    with pytest.warns(UserWarning, match="compiled engine is missing"):
        engines.create(graph)
    engines.create(graph)


def test_the_environment_variable_is_the_default_of_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "reference")
    assert engines.resolve("auto") == "reference"


@with_native
def test_an_argument_overrides_the_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "reference")
    assert engines.resolve("native") == "native"


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ArgumentError, match=r"'auto', 'native', 'reference'\. Received: engine='gpu'"
    ):
        engines.resolve("gpu")
    monkeypatch.setenv(ENGINE_VARIABLE, "gpu")
    with pytest.raises(ArgumentError, match="SCALLION_ENGINE is 'native' or 'reference'"):
        engines.resolve()


@with_native
def test_auto_takes_an_engine_with_the_needed_capabilities() -> None:
    assert engines.resolve(needs=("activations",)) == "native"
    assert engines.resolve(needs=("activations", "input_gradients")) == "reference"


@with_native
def test_a_named_engine_without_a_capability_is_an_error() -> None:
    with pytest.raises(UnsupportedError, match="native engine does not compute input gradients"):
        engines.resolve("native", needs=("input_gradients",))


@pytest.mark.parametrize("name", ["reference", pytest.param("native", marks=with_native)])
def test_an_engine_states_what_it_offers(name: str) -> None:
    offered = engines.capabilities(name)
    assert engines.create(LESSON(), engine=name).capabilities == offered
    assert offered.device == "cpu"
    assert (offered.instruction_set is None) == (name == "reference")


@pytest.mark.parametrize("name", ["reference", pytest.param("native", marks=with_native)])
def test_activations_of_any_layer_are_returned(name: str) -> None:
    graph = residual((6, 6, 4), 4)
    data = batch(graph, 3)
    tensors = [node.output for node in graph.nodes if node.inputs]
    engine = engines.create(graph, engine=name)
    found = engine.activations(data.inputs, data.indices, tensors)
    assert [array.shape for array in found] == [(3, *tensor.image_shape) for tensor in tensors]
    np.testing.assert_allclose(found[-1], engine.predict(data.inputs, data.indices)[0], atol=1e-6)


@with_native
def test_activations_of_both_engines_agree() -> None:
    graph = LESSON()
    data = batch(graph, 2)
    tensors = [node.output for node in graph.nodes if node.inputs]
    ours, theirs = (
        engines.create(graph, engine=name).activations(data.inputs, data.indices, tensors)
        for name in ("native", "reference")
    )
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


def test_input_gradients_of_a_linear_layer_are_its_kernel() -> None:
    graph = chain((4,), layer("Dense", 3))()
    engine = engines.create(graph, needs=("input_gradients",))
    second = np.array([[0, 1, 0], [0, 1, 0]], np.float32)
    (gradient,) = engine.gradients((np.ones((2, 4)),), np.arange(2), graph.inputs, second)
    kernel = graph.weights[0].numpy()
    np.testing.assert_array_equal(gradient, [kernel[:, 1], kernel[:, 1]])


def test_a_tensor_that_the_output_does_not_depend_on_has_no_gradient() -> None:
    start = Input((4,))
    used, unused = Dense(3)(start), Dense(2)(start)
    graph = Graph((start,), (used, unused))
    engine = engines.create(graph, needs=("input_gradients",))
    found = engine.gradients((np.ones((1, 4)),), np.arange(1), (used, unused), np.ones((1, 3)))
    np.testing.assert_array_equal(found[0], np.ones((1, 3)))
    assert found[1] is None


@with_native
def test_the_native_engine_refuses_what_it_lacks_by_name() -> None:
    graph = LESSON()
    data = batch(graph, 2)
    engine = native.NativeEngine(graph)
    with pytest.raises(UnsupportedError, match="gradients at inputs"):
        engine.gradients(data.inputs, data.indices, graph.inputs, np.ones((2, 10)))
    with pytest.raises(UnsupportedError, match="gradients without an update"):
        engine.weight_gradients(data, seed=0, step=0)
