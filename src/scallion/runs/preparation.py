"""All that is settled before the first step: data, splits, network, numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import datasets, metrics, session
from scallion.datasets import Arrays
from scallion.errors import ArgumentError, DataError
from scallion.models import Model, named
from scallion.models.named import Recipe
from scallion.runs import overrides

FRACTION = 0.1
SPLIT_SEED = 0  # not the run's seed: runs on the same data share their validation images


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user asks for; None leaves it to the model's recipe.

    `data` is the name of a set or the path of a `.npz` file; `limit` keeps only the first training
    images; `out` is the folder that run folders are put in. Training ends after `patience` epochs
    without a better one; with 0 it does not. `metrics` are measured beside the accuracy.
    `overrides` sets other fields of the recipe, and arguments of its layers: `{"dropout": 0.5}`.
    """

    data: str = "fashion-mnist"
    model: str = "quick"
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int = 42
    limit: int | None = None
    out: str | Path = "runs"
    patience: int | None = None
    metrics: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Images:
    """One split: images (n, h, w, c) as they lie in memory, and labels (n,)."""

    x: NDArray[Any]
    y: NDArray[Any]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True)
class Splits:
    """Three splits that share no image. `sha256` stands for the choice of the validation images."""

    train: Images
    validation: Images
    test: Images
    sha256: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """A run that can begin."""

    settings: Settings
    name: str
    class_names: tuple[str, ...]
    splits: Splits
    recipe: Recipe
    model: Model
    scale: float
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self.splits.train.x.shape[1:]

    @property
    def steps(self) -> int:
        """How many updates the whole run makes."""
        return self.epochs * -(-len(self.splits.train) // self.batch_size)

    def config(self) -> dict[str, Any]:
        """Everything that decides the result, as `config.json` keeps it."""
        from scallion import optimizers

        splits = self.splits
        return {
            "data": {
                "name": self.name,
                "source": self.settings.data,
                "image_shape": self.image_shape,
                "dtype": str(splits.train.x.dtype),
                "class_names": self.class_names,
                "limit": self.settings.limit,
            },
            "splits": {
                "train": len(splits.train),
                "validation": len(splits.validation),
                "test": len(splits.test),
                "fraction": FRACTION,
                "seed": SPLIT_SEED,
                "sha256": splits.sha256,
            },
            "model": {"name": self.recipe.name, "parameters": self.model.count_params()},
            "preprocessing": {"scale": self.scale},
            "optimizer": optimizers.serialize(self.model.optimizer),
            "loss": {
                "class_name": type(self.recipe.loss()).__name__,
                "label_smoothing": self.recipe.label_smoothing,
            },
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "patience": self.patience,
            "metrics": self.settings.metrics,
            "overrides": self.settings.overrides,
            "seed": self.settings.seed,
            "versions": _versions(),
        }


def prepare(settings: Settings) -> Preparation:
    """Find the data and the model, cut the splits, build and compile the network.

    Seeds the session. Raises UnknownNameError, ArgumentError, DataError, FileError, DownloadError,
    ShapeError: whatever can be wrong is found here, before any training.
    """
    recipe = overrides.of_recipe(named.find(settings.model), settings.overrides)
    epochs = _whole("epochs", settings.epochs, recipe.epochs)
    batch_size = _whole("batch_size", settings.batch_size, recipe.batch_size)
    patience = _whole("patience", settings.patience, recipe.patience, least=0)
    rate = _rate(settings.learning_rate, recipe.learning_rate)
    _whole("limit", settings.limit, 1)
    for metric in settings.metrics:
        metrics.get(metric)
    session.set_random_seed(settings.seed)
    arrays = load(settings.data)
    splits = cut(arrays, settings.limit)
    scale = pixel_scale(splits.train.x)
    model = recipe.build(arrays.image_shape, len(arrays.class_names), scale=scale)
    if changed := overrides.of_layers(settings.overrides):
        session.set_random_seed(settings.seed)  # what is not changed starts with the same weights
        model = overrides.rebuilt(model, changed)
    prepared = Preparation(
        settings,
        arrays.name,
        arrays.class_names,
        splits,
        recipe,
        model,
        scale,
        epochs,
        batch_size,
        rate,
        patience,
    )
    recipe.compile(
        model, steps=prepared.steps, learning_rate=rate, metrics=prepared.settings.metrics
    )
    return prepared


def load(data: str) -> Arrays:
    """The set of this name, or the `.npz` file at this path."""
    if data.lower().endswith(".npz"):
        return datasets.load_npz(data)
    if Path(data).is_dir() or Path(data).is_file():
        raise ArgumentError(
            f"DATA is the name of a set or a .npz file. Received: {data!r}",
            hint="np.savez_compressed('data.npz', x_train=..., y_train=...), "
            "then scallion train data.npz",
        )
    return datasets.find(data).load()


def cut(arrays: Arrays, limit: int | None = None) -> Splits:
    """Three splits: validation is cut from the training images, and so is a missing test split."""
    x, y = arrays.x_train[:limit], arrays.y_train[:limit]
    _enough(y, limit)
    if arrays.x_test is None or arrays.y_test is None:
        # A seed of its own, so that the same images are not drawn twice.
        outer = datasets.split(y, fraction=FRACTION, seed=SPLIT_SEED + 1)
        test = Images(x[outer.validation], y[outer.validation])
        x, y = x[outer.train], y[outer.train]
    else:
        test = Images(arrays.x_test, arrays.y_test)
    inner = datasets.split(y, fraction=FRACTION, seed=SPLIT_SEED)
    return Splits(
        Images(x[inner.train], y[inner.train]),
        Images(x[inner.validation], y[inner.validation]),
        test,
        inner.sha256,
    )


def _enough(labels: NDArray[Any], limit: int | None) -> None:
    """Raise DataError where so few images cannot be cut into what trains and what validates."""
    least = 2 * round(1 / FRACTION)
    if len(labels) < least:
        raise DataError(
            f"{len(labels)} training images are too few to keep a tenth for validation",
            hint=f"limit={least} or more" if limit is not None else f"{least} images or more",
        )


def pixel_scale(images: NDArray[Any]) -> float:
    """What pixels are multiplied by, so that they lie between 0 and 1; 1.0 where they do already.

    >>> pixel_scale(np.array([0, 200], np.uint8)) == 1 / 255, pixel_scale(np.array([0.0, 1.0]))
    (True, 1.0)
    """
    if images.dtype == np.uint8:
        return 1 / 255
    if images.dtype == np.bool_ or not images.size or not float(images.min()) >= 0:
        return 1.0
    top = float(images.max())
    return next((1 / limit for limit in (1, 255, 65535) if top <= limit), 1 / top)


def _versions() -> dict[str, str]:
    import platform

    import scallion

    return {
        "scallion": scallion.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _whole(name: str, value: int | None, default: int, least: int = 1) -> int:
    number = default if value is None else value
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise ArgumentError(
            f"{name} is a whole number of at least {least}. Received: {name}={number!r}",
            hint=f"{name}=20",
        )
    return number


def _rate(value: float | None, default: float) -> float:
    rate = default if value is None else value
    if not isinstance(rate, int | float) or not 0 < rate < float("inf"):
        raise ArgumentError(
            f"the learning rate is a number above 0. Received: {rate!r}",
            hint="learning_rate=0.001",
        )
    return float(rate)
