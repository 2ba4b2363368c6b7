"""The worked examples of CONTRIBUTING.md work: a new layer, a new loss, a new optimizer."""

import re
from pathlib import Path

import numpy as np
import pytest

import contributed_layer
import contributed_loss
import contributed_optimizer
from agreement import assert_same_step
from contributed_layer import SOFTSHRINK, Softshrink
from contributed_loss import PinballLoss, pinball_loss
from contributed_optimizer import SignSGD
from networks import batch, fill, objective, probe
from scallion import layers, losses, optimizers
from scallion.engine import is_available
from scallion.engine.operations import OPERATIONS
from scallion.engine.reference.engine import ReferenceEngine
from scallion.errors import UnsupportedError
from scallion.layers import Dense, Input
from scallion.models import Sequential, load_model
from scallion.optimizers import SGD, registry

with_native = pytest.mark.skipif(
    not is_available("native"), reason="the compiled engine is not there"
)
EXAMPLES = (contributed_layer, contributed_loss, contributed_optimizer)
X = np.linspace(-2, 2, 24, dtype=np.float32).reshape(8, 3)
Y = X.sum(axis=1, keepdims=True)


@pytest.fixture
def softshrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Softshrink with its row and its export, as if it were in the package."""
    for spec, row in SOFTSHRINK.items():
        monkeypatch.setitem(OPERATIONS, spec, row)
    monkeypatch.setattr(layers, "Softshrink", Softshrink, raising=False)


@pytest.fixture
def sign_sgd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizers, "SignSGD", SignSGD, raising=False)
    monkeypatch.setattr(optimizers, "__all__", [*optimizers.__all__, "SignSGD"])
    monkeypatch.setattr(registry, "_by_name", registry._by_name.__wrapped__)


@pytest.mark.usefixtures("softshrink")
def test_the_reference_computes_the_new_layer() -> None:
    image = Input((4,))
    model = Sequential([image, Softshrink(0.5)])
    model.compile(engine="reference")
    found = model.predict(np.array([[-2.0, -0.5, 0.2, 1.5]]), verbose=0)
    np.testing.assert_allclose(found, [[-1.5, 0, 0, 1]])


@with_native
@pytest.mark.usefixtures("softshrink")
def test_both_engines_compute_the_new_layer_alike() -> None:
    graph = probe((5, 4, 3), lambda: Softshrink(0.3))()
    fill(graph)
    assert_same_step(graph, lambda optimizer: objective(graph, optimizer), batch(graph, 7))


@pytest.mark.usefixtures("softshrink")
def test_the_new_layers_gradient_is_that_of_central_differences() -> None:
    graph = probe((3, 3, 2), lambda: Softshrink(0.3))()
    fill(graph)
    data = batch(graph, 2)
    engine = ReferenceEngine(graph, objective(graph, SGD()), dtype=np.float64)
    _, gradients = engine.weight_gradients(data)
    kernel, reach = engine.array(graph.trainable_weights[0]), 1e-6
    start = kernel.copy()
    losses_around = []
    for sign in (1, -1):
        kernel[...] = start + sign * reach
        losses_around.append(engine.weight_gradients(data)[0].loss)
    found = (losses_around[0] - losses_around[1]) / (2 * reach)
    assert found == pytest.approx(gradients[0].sum(), rel=1e-5)


def test_the_new_layer_has_a_config_and_arithmetic() -> None:
    layer = Softshrink(0.25)
    layer(Input((5, 5, 2)))
    assert Softshrink.from_config(layer.get_config()).get_config() == layer.get_config()
    assert layer.output.shape == (None, 5, 5, 2)
    assert layer.arithmetic() == "0"


def test_the_new_loss_is_the_mean_pinball_loss() -> None:
    found = PinballLoss(0.9)(np.array([[1.0], [3.0]]), np.array([[2.0], [1.0]]))
    assert found == pytest.approx((0.1 * 1 + 0.9 * 2) / 2)
    np.testing.assert_allclose(pinball_loss([[1.0]], [[2.0]], 0.9), [0.1], rtol=1e-6)


def test_the_new_loss_trains_on_the_reference_engine() -> None:
    model = Sequential([Input((3,)), Dense(1)])
    model.compile(SGD(0.1), PinballLoss(0.5), engine="reference")
    history = model.fit(X, Y, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]


@with_native
def test_the_native_engine_refuses_the_new_loss_by_name() -> None:
    model = Sequential([Input((3,)), Dense(1)])
    model.compile(SGD(0.1), PinballLoss(0.5), engine="native")
    with pytest.raises(UnsupportedError, match="has no loss PinballLoss"):
        model.fit(X, Y, verbose=0)


def test_the_new_loss_has_a_config() -> None:
    loss = PinballLoss(0.75)
    assert PinballLoss.from_config(loss.get_config()).quantile == 0.75
    assert isinstance(loss, losses.Loss)


@pytest.mark.parametrize("engine", [pytest.param("native", marks=with_native), "reference"])
def test_the_new_optimizer_trains_on_both_engines(engine: str) -> None:
    model = Sequential([Input((3,)), Dense(1)])
    model.compile(SignSGD(0.01), "mse", engine=engine)
    before = model.get_weights()
    model.train_on_batch(X, Y)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_allclose(np.abs(new - old), 0.01, rtol=1e-4)


@pytest.mark.usefixtures("sign_sgd")
def test_the_new_optimizer_is_found_by_name_and_saved(tmp_path: Path) -> None:
    assert isinstance(optimizers.get("signsgd"), SignSGD)
    model = Sequential([Input((3,)), Dense(1)])
    model.compile(SignSGD(0.5), "mse")
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "model.keras")
    assert isinstance(load_model(tmp_path / "model.keras").optimizer, SignSGD)


def test_contributing_quotes_these_examples() -> None:
    text = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    sources = [Path(one.__file__).read_text(encoding="utf-8") for one in EXAMPLES]
    for block in re.findall(r"```python\n(# src/scallion/.*?)```", text, re.DOTALL):
        assert any(block.strip() in source for source in sources), block
