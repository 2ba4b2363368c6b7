"""The native engine compared with the reference, which computes in float64 here.

`max |difference| <= 1e-5 * max |reference|` forward, 1e-4 backward, on odd sizes.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from agreement import (
    FORWARD,
    SEED,
    assert_close,
    assert_same_result,
    assert_same_step,
    made,
    restore,
)
from network_cases import CASES, Case
from networks import batch, chain, copies, fill, layer, lesson, number, objective
from scallion import layers, losses, session
from scallion.engine import IndexedBatch, Objective, native
from scallion.engine.reference.engine import ReferenceEngine
from scallion.graph import Graph
from scallion.layers import Input
from scallion.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Nadam,
    Optimizer,
    RMSprop,
)

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)

SIZES = (1, 3, 17, 33)

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_size = pytest.mark.parametrize("images", SIZES)


@every_case
@every_size
def test_predictions_match_the_reference(case: Case, images: int) -> None:
    graph = made(case)
    data = batch(graph, images)
    wanted = ReferenceEngine(graph, dtype=np.float64).predict(data.inputs, data.indices)
    found = native.NativeEngine(graph).predict(data.inputs, data.indices)
    assert len(found) == len(graph.outputs)
    for one, other in zip(found, wanted, strict=True):
        assert_close(one, other, FORWARD, "outputs")


@every_case
@every_size
def test_training_steps_match_the_reference(case: Case, images: int) -> None:
    graph = made(case)
    data = batch(graph, images, seed=1, weighted=images % 2 == 0)
    assert_same_step(graph, lambda optimizer: objective(graph, optimizer), data)


@every_case
def test_evaluation_matches_the_reference_and_changes_nothing(case: Case) -> None:
    graph = made(case)
    data, goal = batch(graph, 5, seed=2, weighted=True), objective(graph, Adam())
    before = copies(graph.weights)
    wanted = ReferenceEngine(graph, goal, dtype=np.float64).test(data)
    assert_same_result(native.NativeEngine(graph, goal).test(data), wanted)
    for weight, start in zip(graph.weights, before, strict=True):
        np.testing.assert_array_equal(weight.value, start)


# Threads, lanes, batches


def trained(graph: Graph, threads: int, sizes: tuple[int, ...] = (33, 33, 16, 1)) -> list[bytes]:
    """Return results, weights and optimizer state after some steps, as bytes."""
    fill(graph, seed=4)
    session.set_threads(threads)
    optimizer = Adam(0.01)
    engine = native.NativeEngine(graph, objective(graph, optimizer))
    seen: list[np.ndarray] = []
    for step, images in enumerate(sizes):
        result = engine.train(batch(graph, images, seed=step), seed=SEED, step=step)
        seen += [np.array([result.loss, *result.losses]), *result.outputs]
    tested = engine.test(batch(graph, 17, seed=9))
    seen += [np.array(tested.loss), *tested.outputs, *copies(graph.weights)]
    seen += [array for arrays in optimizer.slots.values() for array in arrays]
    return [array.tobytes() for array in seen]


@pytest.mark.parametrize("case", CASES[::3] + CASES[-13:], ids=str)
def test_results_do_not_depend_on_threads(case: Case) -> None:
    graph = made(case)
    one = trained(graph, 1)
    for threads in (2, 3, 4):
        assert trained(graph, threads) == one


@pytest.mark.parametrize("case", [CASES[0], CASES[-1], CASES[-2]], ids=str)
def test_threads_may_change_between_steps(case: Case) -> None:
    graph = made(case)
    wanted = trained(graph, 1)
    fill(graph, seed=4)
    optimizer = Adam(0.01)
    engine = native.NativeEngine(graph, objective(graph, optimizer))
    for step, (images, threads) in enumerate(zip((33, 33, 16, 1), (1, 4, 2, 3), strict=True)):
        session.set_threads(threads)
        engine.train(batch(graph, images, seed=step), seed=SEED, step=step)
    last = len(graph.weights) + sum(map(len, optimizer.slots.values()))
    assert [weight.value.tobytes() for weight in graph.weights] == wanted[-last:][
        : len(graph.weights)
    ]


@pytest.mark.parametrize("images", [2, 15, 16, 31, 32, 47, 64, 100])
def test_batches_that_fill_lanes_unevenly(images: int) -> None:
    links = [layer("Conv2D", 7, 3), layer("BatchNormalization"), layer("Flatten")]
    graph = made(Case("lanes", chain((9, 7, 3), *links, layer("Dense", 10))))
    data = batch(graph, images, weighted=True)
    assert_same_step(graph, lambda optimizer: objective(graph, optimizer), data)


def test_a_repeated_image_counts_twice() -> None:
    graph = made(Case("twice", lesson(deep=False, side=12)))
    data = batch(graph, 6)
    data = replace(data, indices=np.array([4, 4, 0, 8, 4, 0]))
    assert_same_step(graph, lambda optimizer: objective(graph, optimizer), data)


def test_predictions_do_not_depend_on_the_batch() -> None:
    graph = made(Case("alone", lesson(deep=False, side=12)))
    engine = native.NativeEngine(graph)
    data = batch(graph, 33)
    (together,) = engine.predict(data.inputs, data.indices)
    for place, index in enumerate(data.indices):
        (alone,) = engine.predict(data.inputs, np.array([index]))
        np.testing.assert_array_equal(alone[0], together[place])


def test_results_are_not_overwritten_later() -> None:
    graph = made(Case("kept", lesson(deep=False, side=12)))
    engine = native.NativeEngine(graph, objective(graph, Adam()))
    first = engine.train(batch(graph, 8, seed=0), seed=1, step=0)
    kept = first.outputs[0].copy()
    engine.train(batch(graph, 8, seed=1), seed=1, step=1)
    engine.predict(batch(graph, 8, seed=2).inputs, np.arange(8))
    np.testing.assert_array_equal(first.outputs[0], kept)


# Images of any numeric type


def _strided(images: np.ndarray) -> np.ndarray:
    wide = np.zeros((*images.shape[:-1], 2 * images.shape[-1]), images.dtype)
    wide[..., ::2] = images
    return wide[..., ::2]


KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "uint8": lambda x: (np.abs(x) * 60).astype(np.uint8),
    "uint16": lambda x: (np.abs(x) * 6000).astype(np.uint16),
    "int8": lambda x: (x * 30).astype(np.int8),
    "int16": lambda x: (x * 3000).astype(np.int16),
    "int32": lambda x: (x * 100000).astype(np.int32),
    "int64": lambda x: (x * 100000).astype(np.int64),
    "bool": lambda x: x > 0,
    "float16": lambda x: x.astype(np.float16),
    "float32": lambda x: x,
    "float64": lambda x: x.astype(np.float64),
    "big-endian float32": lambda x: x.astype(">f4"),
    "big-endian int16": lambda x: (x * 3000).astype(">i2"),
    "every second channel": _strided,
    "every second image": lambda x: np.repeat(x, 2, axis=0)[::2],
    "upside down": lambda x: x[:, ::-1],
    "images in reverse": lambda x: x[::-1],
    "columns first": np.asfortranarray,
    "read only": lambda x: _frozen(x),
}


def _frozen(images: np.ndarray) -> np.ndarray:
    images = images.copy()
    images.flags.writeable = False
    return images


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_any_type_and_layout(kind: str) -> None:
    graph = made(Case("types", chain((5, 6, 3), layer("Conv2D", 4, 3), layer("Flatten"))))
    data = batch(graph, 17)
    images = KINDS[kind](data.inputs[0])
    wanted = ReferenceEngine(graph, dtype=np.float64).predict((images,), data.indices)
    (found,) = native.NativeEngine(graph).predict((images,), data.indices)
    assert_close(found, wanted[0], FORWARD, kind)


# Losses


def by_labels(graph: Graph, data: IndexedBatch) -> IndexedBatch:
    return replace(data, targets=tuple(target.argmax(-1) for target in data.targets))


LOSSES: dict[str, tuple[losses.Loss, bool, bool]] = {
    "sparse of logits": (losses.SparseCategoricalCrossentropy(from_logits=True), True, False),
    "sparse of probabilities": (losses.SparseCategoricalCrossentropy(), True, True),
    "one-hot of logits": (losses.CategoricalCrossentropy(from_logits=True), False, False),
    "one-hot of probabilities": (losses.CategoricalCrossentropy(), False, True),
    "smoothed logits": (losses.CategoricalCrossentropy(True, 0.1), False, False),
    "smoothed probabilities": (losses.CategoricalCrossentropy(False, 0.2), False, True),
    "a sum": (losses.SparseCategoricalCrossentropy(True, reduction="sum"), True, False),
    "by weight": (
        losses.CategoricalCrossentropy(True, reduction="mean_with_sample_weight"),
        False,
        False,
    ),
    "focal": (losses.CategoricalFocalCrossentropy(from_logits=True), False, False),
    "focal probabilities": (losses.CategoricalFocalCrossentropy(0.5, 1.5), False, True),
    "binary focal": (losses.BinaryFocalCrossentropy(True, 0.7, from_logits=True), False, False),
    "binary focal probabilities": (losses.BinaryFocalCrossentropy(gamma=3.0), False, True),
    "huber": (losses.Huber(0.7), False, False),
    "log cosh": (losses.LogCosh(), False, False),
    "divergence": (losses.KLDivergence(), False, True),
    "hinge": (losses.Hinge(), False, False),
    "squared hinge": (losses.SquaredHinge(), False, False),
    "categorical hinge": (losses.CategoricalHinge(), False, False),
    "percentage": (losses.MeanAbsolutePercentageError(), False, False),
    "logarithms": (losses.MeanSquaredLogarithmicError(), False, True),
    "counts": (losses.Poisson(), False, True),
    "cosine": (losses.CosineSimilarity(), False, False),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("classes", [2, 7, 10, 33])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_losses_match_the_reference(name: str, classes: int, weighted: bool) -> None:
    loss, labels, probabilities = LOSSES[name]
    activation = "softmax" if probabilities else None
    graph = made(Case(name, chain((9,), layer("Dense", classes, activation=activation))))
    data = batch(graph, 17, weighted=weighted)
    data = by_labels(graph, data) if labels else data
    assert_same_step(graph, lambda optimizer: Objective((loss,), (0.5,), optimizer), data)


@pytest.mark.parametrize("size", [20.0, 60.0, 200.0])
@pytest.mark.parametrize("from_logits", [True, False], ids=["logits", "probabilities"])
def test_large_logits_do_not_overflow(size: float, from_logits: bool) -> None:
    activation = None if from_logits else "softmax"
    graph = made(Case("large", chain((9,), layer("Dense", 5, activation=activation))))
    graph.weights[0].assign(graph.weights[0].value * size)
    data = by_labels(graph, batch(graph, 17))
    loss = losses.SparseCategoricalCrossentropy(from_logits)
    goal = Objective((loss,), (1.0,), SGD())
    found = native.NativeEngine(graph, goal).test(data)
    wanted = ReferenceEngine(graph, goal).test(data)
    assert np.isfinite(found.loss)
    assert found.loss == pytest.approx(wanted.loss, rel=1e-5)


def test_two_losses_are_summed_by_their_weights() -> None:
    start = Input((7,))
    x = layers.Dense(8, activation="relu")(start)
    outputs = (layers.Dense(3)(x), layers.Dense(5, activation="softmax")(x))
    graph = Graph((start,), outputs)
    fill(graph)
    data = batch(graph, 17, weighted=True)
    data = replace(data, targets=(data.targets[0].argmax(-1), data.targets[1]))
    kinds = losses.SparseCategoricalCrossentropy(True), losses.CategoricalCrossentropy()
    assert_same_step(graph, lambda optimizer: Objective(kinds, (0.3, 1.7), optimizer), data)


# Optimizers

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "SGD": lambda: SGD(0.1),
    "SGD with momentum": lambda: SGD(0.1, momentum=0.9),
    "SGD with Nesterov's momentum": lambda: SGD(0.1, momentum=0.9, nesterov=True),
    "Adam": lambda: Adam(0.001),
    "Adam with options": lambda: Adam(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
    "Adam with amsgrad": lambda: Adam(0.001, amsgrad=True),
    "Adam with decay": lambda: Adam(0.001, weight_decay=0.01),
    "Adam, clipped": lambda: Adam(0.001, global_clipnorm=0.1),
    "SGD, averaged": lambda: SGD(0.1, use_ema=True, ema_overwrite_frequency=3),
    "SGD every third batch": lambda: SGD(0.1, gradient_accumulation_steps=3),
    "AdamW": lambda: AdamW(0.001),
    "RMSprop": lambda: RMSprop(0.001),
    "Adagrad": lambda: Adagrad(0.01),
    "Adadelta": lambda: Adadelta(1.0),
    "Adamax": lambda: Adamax(0.001),
    "Nadam": lambda: Nadam(0.001),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_optimizer_steps_match_the_reference(name: str) -> None:
    links = [layer("Conv2D", 5, 3, use_bias=False), layer("BatchNormalization"), layer("Flatten")]
    graph = made(Case(name, chain((6, 6, 2), *links, layer("Dense", 7))))
    start, kept, states = copies(graph.weights), [], []
    for kind in (ReferenceEngine, native.NativeEngine):
        restore(graph.weights, start)
        optimizer = OPTIMIZERS[name]()
        engine = kind(graph, objective(graph, optimizer))
        for step in range(10):
            engine.train(batch(graph, 17, seed=step), seed=SEED, step=step)
        assert optimizer.batches_seen == 10
        states.append([array for arrays in optimizer.slots.values() for array in arrays])
        kept.append(copies(graph.weights))
    for weight, first, wanted, found in zip(graph.weights, start, *kept, strict=True):
        # Adam's first steps are +-rate for any gradient: rounding decides where it should be 0.
        assert_close(found - first, wanted - first, 1e-3, weight.path)
    for wanted, found in zip(*states, strict=True):
        assert_close(found, wanted, 1e-3, "optimizer state")


def test_a_new_learning_rate_applies_to_the_next_step() -> None:
    graph = made(Case("rate", chain((7,), layer("Dense", 5))))
    optimizer = SGD(0.5)
    engine = native.NativeEngine(graph, objective(graph, optimizer))
    engine.train(batch(graph, 8), seed=0, step=0)
    optimizer.learning_rate = 0.0
    still = copies(graph.weights)
    engine.train(batch(graph, 8), seed=0, step=1)
    for weight, start in zip(graph.weights, still, strict=True):
        np.testing.assert_array_equal(weight.value, start)
    optimizer.learning_rate = 0.5
    engine.train(batch(graph, 8), seed=0, step=2)
    assert any((w.value != start).any() for w, start in zip(graph.weights, still, strict=True))


def test_weights_set_between_steps_are_trained() -> None:
    graph = made(Case("set", lesson(deep=False, side=12)))
    engine = native.NativeEngine(graph, objective(graph, SGD(0.1)))
    data = batch(graph, 8)
    first = engine.train(data, seed=0, step=0)
    fill(graph, seed=number("set"))
    again = engine.train(data, seed=0, step=1)
    assert again.loss == first.loss


# Random numbers


def test_dropout_depends_on_step_and_seed() -> None:
    graph = made(Case("drawn", chain((33,), layer("Dropout", 0.5), layer("Dense", 7))))
    data = batch(graph, 17)
    goal = objective(graph, SGD(0.0))
    engine, truth = native.NativeEngine(graph, goal), ReferenceEngine(graph, goal)
    seen = set()
    for seed, step in [(0, 0), (0, 1), (1, 0), (2**32, 0), (2**64 - 1, 2**32 - 1), (0, 2**32)]:
        found = engine.train(data, seed=seed, step=step)
        assert_close(
            found.outputs[0], truth.train(data, seed=seed, step=step).outputs[0], FORWARD, "drawn"
        )
        seen.add(found.outputs[0].tobytes())
    # Step 2**32 draws as step 0 does: the counter has 32 bits.
    assert len(seen) == 5
