"""Networks that exports are compared on: every layer, the named ones, and random ones."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import network_cases
import random_networks
import scallion
from default_layers import SHAPE, called, layer_classes, usual_arguments
from networks import fill, flattened
from scallion.graph import Graph
from scallion.models import Model
from scallion.models.builtin import architectures
from scallion.models.builtin.architectures import Architecture

RANDOM = 100
BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "networks.py"


def layer_networks() -> Iterator[tuple[str, Model]]:
    """Yield a small network per layer and option, with random weights."""
    for case in network_cases.CASES:
        graph = case.make()
        fill(graph)
        yield case.name, Model(list(graph.inputs), list(graph.outputs))
    for kind in layer_classes():
        start = scallion.Input(SHAPE)
        y = called(kind(*usual_arguments(kind)), start)
        graph = Graph((start,), (flattened(y),))
        fill(graph)
        yield kind.__name__, Model(start, graph.outputs[0])
    yield "operators", _operators()


def _operators() -> Model:
    """Return a model with slices, weights and constants as tensors, in both orders of the axes."""
    start = x = scallion.Input((8, 7, 3))
    for _ in range(2):
        x = x[:, 1:-1, ::2] * np.array([0.5, 1.5, 2.5], np.float32) + 0.25
        x = scallion.layers.Conv2D(3, 2, padding="same")(x)
    return Model(start, scallion.layers.Dense(3)(flattened(x)[:, 2:] - 0.5))


def named_networks() -> Iterator[tuple[str, Model]]:
    """Yield the networks of `scallion train --model` and of the benchmarks, with new weights."""
    for value in vars(architectures).values():
        if isinstance(value, Architecture):
            for shape in ((28, 28, 1), (32, 32, 3)):
                yield f"{value.name} {shape}", value.build(shape, 10, scale=1 / 255)
    for name, network in runpy.run_path(str(BENCHMARKS))["NETWORKS"].items():
        yield name, network.build(scallion, network.shape)


def random_models(count: int = RANDOM) -> Iterator[tuple[str, Model]]:
    """Yield networks from seeds, with weights that keep the outputs apart."""
    for seed in range(count):
        model = random_networks.NetworkGenerator(scallion, seed).model()
        random = np.random.default_rng(seed)
        model.set_weights([w + random.uniform(0.0, 0.1, w.shape) for w in model.get_weights()])
        yield f"random {seed}", model


def images_for(model: Model, count: int = 3) -> list[np.ndarray]:
    """Return random images, one array per input."""
    random = np.random.default_rng(0)
    return [random.random((count, *one.image_shape), dtype=np.float32) for one in model.inputs]


def predicted(model: Model, images: list[np.ndarray]) -> list[np.ndarray]:
    """Return the model's own outputs."""
    outputs = model.predict_on_batch(images if len(images) > 1 else images[0])
    return outputs if isinstance(outputs, list) else [outputs]


def disagreement(wanted: list[np.ndarray], found: list[np.ndarray]) -> float:
    """Return the largest difference, relative to the largest value of each output."""
    pairs = list(zip(wanted, found, strict=True))
    if any(one.shape != other.shape for one, other in pairs):
        return float("inf")
    return max(float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-12)) for a, b in pairs)
