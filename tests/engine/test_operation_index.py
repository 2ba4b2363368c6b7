"""The contract of the operation index: each layer is supported or refused by name everywhere."""

from importlib import import_module
from pkgutil import walk_packages
from typing import get_args

import numpy as np
import pytest

from agreement import assert_same_step
from default_layers import SHAPE, called, layer_classes, usual_arguments
from networks import batch, fill, flattened, objective
from scallion import layers, losses, optimizers
from scallion.engine import Objective, is_available
from scallion.engine.lowering.base.rule import LoweringRule
from scallion.engine.lowering.graph import Mode, lower
from scallion.engine.lowering.losses import LOSSES, row_of
from scallion.engine.lowering.optimizers import OPTIMIZERS
from scallion.engine.operations import OPERATIONS
from scallion.engine.reference.engine import ReferenceEngine
from scallion.engine.refusal import Refusal
from scallion.errors import EngineError, UnsupportedError
from scallion.graph import Graph, diagram
from scallion.graph.nested_models import NestedModelSpec
from scallion.layers import Input
from scallion.layers.base.layer import Layer
from scallion.layers.base.spec import Spec
from scallion.losses import Loss
from scallion.optimizers import SGD, Optimizer

every_layer = pytest.mark.parametrize("kind", layer_classes(), ids=lambda kind: kind.__name__)
with_native = pytest.mark.skipif(
    not is_available("native"), reason="the compiled engine is not there"
)


BASE = "scallion.layers.base"  # what layers are made of; its specifications are no layers


def specs() -> set[type[Spec]]:
    """Return all specifications that no other one extends."""
    names = [one.name for one in walk_packages(layers.__path__, "scallion.layers.")]
    modules = [import_module(name) for name in names if not name.startswith(f"{BASE}.")]
    found = {
        value
        for module in (*modules, import_module("scallion.graph.nested_models"))
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Spec)
    }
    return {kind for kind in found if not any(kind in one.__mro__[1:] for one in found)}


def network(kind: type[Layer]) -> Graph:
    """Return a graph with one layer of a kind, after a 1x1 convolution if that can be trained."""
    layer = kind(*usual_arguments(kind))
    start = x = Input(SHAPE)
    if OPERATIONS[type(layer.spec)].differentiable:
        x = layers.Conv2D(SHAPE[-1], 1)(x)
    graph = Graph((start,), (layers.Dense(3, name="head")(flattened(called(layer, x))),))
    fill(graph)
    return graph


def test_every_specification_has_a_row_and_every_row_a_specification() -> None:
    assert set(OPERATIONS) == specs()


@pytest.mark.parametrize("spec", OPERATIONS, ids=lambda spec: spec.__name__)
def test_each_column_supports_a_layer_or_says_why_not(spec: type[Spec]) -> None:
    row = OPERATIONS[spec]
    assert callable(row.reference) or (isinstance(row.reference, Refusal) and row.reference.reason)
    if isinstance(row.native, Refusal):
        assert row.native.reason
    else:
        assert isinstance(row.native, LoweringRule)
        assert (row.native.backward is None) == (not row.differentiable)


@every_layer
def test_the_config_column_makes_an_equal_layer(kind: type[Layer]) -> None:
    layer = kind(*usual_arguments(kind))
    assert kind.from_config(layer.get_config()).get_config() == layer.get_config()


@every_layer
def test_the_arithmetic_column_counts_the_parameters(kind: type[Layer]) -> None:
    layer = kind(*usual_arguments(kind))
    called(layer, Input(SHAPE))
    total = int(layer.arithmetic().rpartition(" = ")[2])
    assert total == layer.count_params() == sum(weight.spec.size for weight in layer.weights)


@every_layer
def test_the_drawing_column_shows_a_layer_in_the_colour_of_its_family(kind: type[Layer]) -> None:
    graph = network(kind)
    spec = next(node.layer.spec for node in graph.nodes if type(node.layer) is kind)
    drawn = diagram.draw(graph, "network").svg()
    assert f"({kind.__name__})" in drawn
    assert diagram.FAMILIES[spec.family] in drawn


@every_layer
def test_the_reference_computes_a_layer(kind: type[Layer]) -> None:
    graph = network(kind)
    data, engine = batch(graph, 3), ReferenceEngine(graph, objective(graph, SGD()))
    result, gradients = engine.weight_gradients(data)
    assert np.isfinite(result.loss)
    assert [g.shape for g in gradients] == [w.shape for w in graph.trainable_weights]


@every_layer
@pytest.mark.parametrize("mode", get_args(Mode))
def test_the_native_engine_lowers_a_layer_in_every_mode(kind: type[Layer], mode: Mode) -> None:
    graph = network(kind)
    goal = objective(graph, SGD())
    goal.optimizer.build(graph.trainable_weights)
    assert lower(graph, mode, 3, goal).program.segments


@with_native
@every_layer
def test_a_native_step_is_that_of_the_reference(kind: type[Layer]) -> None:
    graph = network(kind)
    assert_same_step(graph, lambda optimizer: objective(graph, optimizer), batch(graph, 5))


def test_a_nested_model_is_refused_by_name() -> None:
    start = Input((3,))
    inner = Graph((start,), (layers.Dense(2)(start),))
    outside = Input((3,))
    nested = layers.Layer(NestedModelSpec(inner), name="inner")(outside)
    graph = Graph((outside,), (nested,))
    with pytest.raises(EngineError, match=r"'inner'.*nested models are flattened first"):
        ReferenceEngine(graph).predict((np.ones((1, 3)),), np.arange(1))
    with pytest.raises(UnsupportedError, match=r"'inner'.*nested models are flattened first"):
        lower(graph, "predict", 1)


def exported(package: object, base: type) -> list[type]:
    names: list[str] = package.__all__  # type: ignore[attr-defined]
    found = [getattr(package, name) for name in names]
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, base)]


@pytest.mark.parametrize(
    "kind", [kind for kind in exported(losses, Loss) if kind is not Loss], ids=lambda k: k.__name__
)
def test_each_loss_is_lowered_or_refused_by_name(kind: type[Loss]) -> None:
    start = Input((4,))
    graph = Graph((start,), (layers.Dense(3)(start),))
    goal = Objective((kind(),), (1.0,), SGD())
    goal.optimizer.build(graph.trainable_weights)
    if kind().has_derived_gradient:
        assert lower(graph, "train", 3, goal).program
    elif row_of(kind) is None:
        with pytest.raises(
            UnsupportedError, match=f"the native engine has no loss {kind.__name__}"
        ):
            lower(graph, "train", 3, goal)
    else:
        assert lower(graph, "train", 3, goal).program.losses == 1


def test_the_tables_name_only_exported_losses_and_optimizers() -> None:
    assert set(LOSSES) <= set(exported(losses, Loss))
    assert set(OPTIMIZERS) <= set(exported(optimizers, Optimizer))


@with_native
@pytest.mark.parametrize(
    "kind",
    [kind for kind in exported(optimizers, Optimizer) if kind is not Optimizer],
    ids=lambda kind: kind.__name__,
)
def test_each_optimizer_updates_natively_or_in_numpy(kind: type[Optimizer]) -> None:
    updated = []
    for engine in ("native", "reference"):
        graph = network(layers.Conv2D)
        make = import_module("scallion.engine").create
        goal = objective(graph, kind())
        runner = make(graph, goal, engine)
        data = batch(graph, 5)
        for step in range(3):
            runner.train(data, seed=1, step=step)
        updated.append([weight.numpy() for weight in graph.weights])
    for mine, other in zip(*updated, strict=True):
        np.testing.assert_allclose(mine, other, atol=2e-5)
