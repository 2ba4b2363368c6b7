"""Train real runs with a known fault, or none, to evaluate the diagnosis."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scallion import datasets, layers, session
from scallion.applications import model_registry
from scallion.callbacks import Callback
from scallion.insight import as_predictions, calibration_curve, leaked_images
from scallion.models import Model
from scallion.optimizers import Adam
from scallion.runs.inspection.linear_baseline import linear_predictions
from scallion.runs.inspection.training_health import (
    dead_units,
    normalization_effect,
    relative_gradients,
)

VALIDATION = TEST = 1000
HEALTHY = "healthy"
FIRST_SEEDS = {"judge": 0, "again": 20, "blind": 100}


@dataclass(frozen=True)
class Plan:
    """One training: its fault, its images and its length."""

    fault: str
    data: str
    network: str
    images: int
    epochs: int
    rate: float = 1e-3
    seed: int = 0
    batch: int = 32


def plans(purpose: str) -> Iterator[Plan]:
    """Yield the runs of a purpose: `set` (set thresholds), `judge` (evaluate), `again`, `blind`."""
    if purpose == "set":
        for seed in range(1000, 1003):
            yield from _faulty("mnist", seed, few=1000)
            yield from _healthy("mnist", seed)
        return
    first = FIRST_SEEDS[purpose]
    for seed in range(first, first + 5):
        data = "fashion-mnist" if seed % 2 == 0 else "cifar10"
        yield from _faulty(data, seed, few=5000 if data == "cifar10" else 2000)
        yield from _healthy("fashion-mnist", seed)
        if seed < first + 2:
            yield from _healthy("cifar10", seed)
    yield Plan(HEALTHY, "fashion-mnist", "lesson-dropout", 59_000, 20, seed=first)
    yield Plan(HEALTHY, "fashion-mnist", "quick", 20_000, 8, 4e-3, first + 1, 64)


def _faulty(data: str, seed: int, few: int) -> Iterator[Plan]:
    yield Plan("overfitted", data, "lesson-deep", few, 20 if data == "cifar10" else 30, seed=seed)
    yield Plan("underfitted", data, *_too_little(seed), seed=seed)
    yield Plan("rate too high", data, "lesson", 3000, 10, (0.02, 0.03, 0.05)[seed % 3], seed)
    yield Plan("rate too low", data, "lesson", 3000, 10, (1e-5, 2e-5, 3e-5)[seed % 3], seed)
    yield Plan("labels shuffled", data, "lesson", 3000, 10, seed=seed)
    yield Plan("duplicates leaked", data, "quick", 3000, 8, 4e-3, seed, 64)


def _too_little(seed: int) -> tuple[str, int, int, float]:
    return ("smothered", 3000, 12, 1e-3) if seed % 2 else ("tiny", 3000, 20, 0.01)


def _healthy(data: str, seed: int) -> Iterator[Plan]:
    short = data == "cifar10"
    yield Plan(HEALTHY, data, "quick", 5000, 8, 4e-3, seed, 64)
    yield Plan(HEALTHY, data, "lesson", 5000, 6 if short else 8, seed=seed)
    yield Plan(HEALTHY, data, "lesson-dropout", 5000, 6 if short else 8, seed=seed)
    yield Plan(HEALTHY, data, "lesson-dropout", 8000, 6 if short else 8, seed=seed + 50)


@dataclass(frozen=True)
class Images:
    """Training, validation and test images of one run, in [0, 1]."""

    x: np.ndarray
    y: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


class Sets:
    """Data sets by name; CIFAR-10 from a file if given."""

    def __init__(self, cifar10: str | None) -> None:
        self.cifar10 = cifar10
        self._loaded: dict[str, Any] = {}

    def find(self, name: str) -> Any:
        if name not in self._loaded:
            given = self.cifar10 if name == "cifar10" else None
            loaded = datasets.load_npz(given) if given else datasets.find(name).load()
            self._loaded[name] = loaded
        return self._loaded[name]

    def draw(self, plan: Plan) -> Images:
        """Return the images of the plan, with its fault if that lies in the data."""
        found, random = self.find(plan.data), np.random.default_rng(plan.seed)
        keep = getattr(plan, "labels", ())  # of a SmallPlan: a task with fewer classes
        kept = [
            np.flatnonzero(np.isin(y, keep or range(10))) for y in (found.y_train, found.y_test)
        ]
        count = getattr(plan, "validation", VALIDATION)
        order = kept[0][random.permutation(len(kept[0]))[: plan.images + count]]
        test = kept[1][random.permutation(len(kept[1]))[:TEST]]
        x, y = found.x_train[order], found.y_train[order].astype(np.int64)
        if plan.fault == "labels shuffled":
            y = random.permutation(y)
        held, validation = x[plan.images :].copy(), y[plan.images :].copy()
        if plan.fault == "duplicates leaked":
            leaked = count // 5
            held[:leaked], validation[:leaked] = x[:leaked], y[:leaked]
        number = np.searchsorted(keep, np.arange(10)) if keep else np.arange(10)
        return Images(
            x[: plan.images],
            number[y[: plan.images]],
            held,
            number[validation],
            found.x_test[test],
            number[found.y_test[test].astype(np.int64)],
        )


class Witness(Callback):
    """Looks at test images after each epoch, which no diagnosis may, and keeps the best weights."""

    def __init__(self, images: Images) -> None:
        super().__init__()
        self.images = images
        self.losses: list[float] = []
        self.accuracies: list[float] = []
        self.best: tuple[float, float] = (-1.0, 0.0)
        self.best_weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss, accuracy = self.model.evaluate(
            self.images.x_test, self.images.y_test, batch_size=256, verbose=0
        )
        self.losses.append(loss)
        self.accuracies.append(accuracy)
        logs = logs or {}
        standing = logs["val_accuracy"], -logs["val_loss"]
        if standing > self.best:
            self.best, self.best_weights = standing, self.model.get_weights()


def _tiny(x: Any) -> Any:
    """Four filters and nothing else."""
    return layers.GlobalAveragePooling2D()(layers.Conv2D(4, 5, strides=4, activation="relu")(x))


def _smothered(x: Any) -> Any:
    """The lesson's network with four fifths of everything dropped."""
    for _ in range(2):
        x = layers.Conv2D(32, 3, activation="relu")(x)
        x = layers.Dropout(0.8)(layers.MaxPooling2D(2)(x))
    return layers.Dropout(0.8)(layers.Dense(32, activation="relu")(layers.Flatten()(x)))


def _normalized(x: Any) -> Any:
    """Two convolutions with batch normalization as Keras makes it: momentum 0.99."""
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, use_bias=False)(x)
        x = layers.MaxPooling2D(2)(layers.ReLU()(layers.BatchNormalization()(x)))
    return layers.Flatten()(x)


_PLAIN = {"tiny": _tiny, "smothered": _smothered, "normalized": _normalized}


def build(plan: Plan, shape: tuple[int, int, int], classes: int) -> Model:
    """The plan's network, ready to train."""
    if plan.network in _PLAIN:
        image = layers.Input(shape)
        x = _PLAIN[plan.network](layers.Rescaling(1 / 255)(image))
        model = Model(image, layers.Dense(classes)(x))
        model.compile(
            Adam(plan.rate), model_registry.find("lesson").recipe.loss(), metrics=["accuracy"]
        )
        return model
    architecture, recipe = model_registry.find(plan.network)
    model = architecture.build(shape, classes, scale=1 / 255)
    steps = plan.epochs * -(-plan.images // plan.batch)
    recipe.compile(model, steps=steps, learning_rate=plan.rate)
    return model


def train(plan: Plan, sets: Sets) -> dict[str, Any]:
    """Train one run and return what the diagnosis sees, and the test loss that it does not see."""
    session.set_random_seed(plan.seed)
    images = sets.draw(plan)
    classes = len(getattr(plan, "labels", ()) or sets.find(plan.data).class_names)
    model = build(plan, images.x.shape[1:], classes)
    witness = Witness(images)
    history = model.fit(
        images.x,
        images.y,
        batch_size=plan.batch,
        epochs=plan.epochs,
        validation_data=(images.x_validation, images.y_validation),
        callbacks=[witness],
        verbose=0,
    ).history
    model.set_weights(witness.best_weights)
    logits = model.predict(images.x_validation, batch_size=256, verbose=0).astype(np.float64)
    rows = np.exp(logits - logits.max(axis=1, keepdims=True))
    rows /= rows.sum(axis=1, keepdims=True)
    given = as_predictions(images.y_validation, rows)
    curve = calibration_curve(given)
    return {
        **asdict(plan),
        "classes": classes,
        "validation_images": len(images.x_validation),
        "history": {name: _short(values) for name, values in history.items()},
        "correct": int((given.predicted == given.labels).sum()),
        "linear_correct": linear(images, classes),
        "largest_class": int(np.bincount(images.y_validation).max()),
        "calibration": [
            _short(curve.confidence),
            _short(curve.accuracy),
            [int(count) for count in curve.count],
        ],
        **training_accuracy(model, images),
        "dead": count_dead(model, images.x[:500]),
        "gradients": {
            name: float(f"{size:.4g}")
            for name, size in relative_gradients(model, images.x, images.y)
        },
        "duplicates": duplicates(images),
        "test_loss": _short(witness.losses),
        "test_accuracy": _short(witness.accuracies),
    }


def training_accuracy(model: Model, images: Images) -> dict[str, Any]:
    """Count the training images that the model predicts correctly; name its normalization."""
    scores = model.predict(images.x[:512], batch_size=256, verbose=0).astype(np.float64)
    effect = normalization_effect(model, images.x, images.y)
    return {
        "training_correct": int((scores.argmax(axis=1) == images.y[:512]).sum()),
        "training_images": len(scores),
        "normalization": effect and [effect.layer, *_short(effect[1:])],
    }


def linear(images: Images, classes: int) -> int:
    """Count the validation images that a linear model on the pixels predicts correctly."""
    predicted = linear_predictions(
        images.x, images.y, images.x_validation, classes=classes, scale=1 / 255
    )
    return int((predicted == images.y_validation).sum())


def count_dead(model: Model, x: np.ndarray) -> dict[str, list[int]]:
    """For each layer that rectifies: units that are 0 for all of these images, and all units."""
    return {layer.layer: [layer.dead, layer.units] for layer in dead_units(model, x)}


def duplicates(images: Images) -> int:
    """Count the validation images that are also training images, byte for byte."""
    return len(leaked_images(images.x, images.x_validation))


def _short(values: Any) -> list[float | None]:
    """Round to four digits; non-finite values become None, since JSON has no NaN."""
    return [float(f"{value:.4g}") if np.isfinite(value) else None for value in values]
