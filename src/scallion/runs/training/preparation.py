"""All that is settled before the first step: data, splits, network, numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from scallion import metrics, session
from scallion.errors import ArgumentError, UnknownNameError
from scallion.images import STRENGTHS, are_characters, choose_augmentation
from scallion.layers import Layer
from scallion.layers.spec import Shape
from scallion.models import Model, model_registry
from scallion.models.architectures import Architecture
from scallion.models.recipes import TrainingRecipe
from scallion.runs.training import overrides
from scallion.runs.training.run_data import (
    DataSplits,
    ImageOptions,
    Report,
    RunData,
    balance_classes,
    load_data,
    pixel_scale,
)
from scallion.runs.training.step_plan import StepPlan

OWN = "own"  # the recipe's augmentation


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user asks for; None leaves it to the model's recipe.

    `data` is the name of a set, or the path of a folder of pictures or of a `.npz` file; `image_options`
    says how the folder is read; `limit` keeps only so many training images; `out` is the folder
    that run folders are put in. `steps` are updates in all, in place of `epochs`: the last epoch
    ends with them; a text is what a budget has made of them, see `StepPlan`. Training ends after
    `patience` epochs without a better one; with 0 it does not. `metrics` are measured beside the
    accuracy. With `balance` each class counts as much as any other. `augment` is none, light or
    strong, or own, the model's: changes at random that fit the classes. `overrides` sets other
    fields of the recipe, and arguments of its layers: `{"dropout": 0.5}`.
    """

    data: str = "fashion-mnist"
    model: str = "quick"
    epochs: int | None = None
    steps: int | str | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int = 42
    limit: int | None = None
    out: str | Path = "runs"
    patience: int | None = None
    metrics: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    image_options: ImageOptions = ImageOptions()
    balance: bool = False
    augment: str = OWN


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that can begin."""

    settings: Settings
    data: RunData
    architecture: Architecture
    recipe: TrainingRecipe
    model: Model
    scale: float
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.data.class_names

    @property
    def splits(self) -> DataSplits:
        return self.data.splits

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self.splits.train.x.shape[1:]

    @property
    def source(self) -> str:
        """Where the data come from: the name of a set, or a path from anywhere."""
        data = self.settings.data
        return str(Path(data).absolute()) if Path(data).exists() else data

    @property
    def steps_an_epoch(self) -> int:
        """How many updates go once through the training images."""
        return -(-len(self.splits.train) // self.batch_size)

    @property
    def steps(self) -> StepPlan:
        """How many updates the whole run makes."""
        return StepPlan.of(self.settings.steps or self.epochs * self.steps_an_epoch)

    def for_steps(self, steps: int) -> "PreparedRun":
        """The run that was asked for so many updates in all. Its network is the same object."""
        settings = replace(self.settings, epochs=None, steps=steps)
        resolved = replace(self, settings=settings, epochs=-(-steps // self.steps_an_epoch))
        seed = self.model.seed
        with session.fresh_names():
            resolved.compile()
        self.model.seed = seed
        return resolved

    def compile(self) -> None:
        """Make the network ready, with a schedule for all steps."""
        self.recipe.compile(
            self.model,
            steps=self.steps.count,
            learning_rate=self.learning_rate,
            metrics=self.settings.metrics,
        )

    def config(self) -> dict[str, Any]:
        """Everything that decides the result, as `config.json` keeps it."""
        from scallion import optimizers

        splits = self.splits
        return {
            "data": {
                "name": self.name,
                "source": self.source,
                "image_shape": self.image_shape,
                "dtype": str(splits.train.x.dtype),
                "class_names": self.class_names,
                "limit": self.settings.limit,
            },
            "splits": {
                "train": len(splits.train),
                "validation": len(splits.validation),
                "test": len(splits.test),
                **self.data.how,
                "sha256": splits.sha256,
                "fingerprints": {
                    "train": splits.train.fingerprint(),
                    "validation": splits.validation.fingerprint(),
                    "test": splits.test.fingerprint(),
                },
            },
            "model": {"name": self.architecture.name, "parameters": self.model.count_params()},
            "preprocessing": {**self._sizing(), "scale": self.scale},
            "optimizer": optimizers.serialize(self.model.optimizer),
            "loss": {
                "class_name": type(self.recipe.loss()).__name__,
                "label_smoothing": self.recipe.label_smoothing,
            },
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            **self._asked_steps(),
            "patience": self.patience,
            "metrics": self.settings.metrics,
            "overrides": self.settings.overrides,
            **self._for_pictures(),
            "seed": self.settings.seed,
            "settings": self._settings(),
            "versions": _versions(),
        }

    def _asked_steps(self) -> dict[str, int | str]:
        return {} if self.settings.steps is None else {"steps": self.steps.asked}

    def _for_pictures(self) -> dict[str, Any]:
        """What training does to the images, where it was asked for."""
        asked = {"balance": self.settings.balance, "augment": self.settings.augment}
        return {name: value for name, value in asked.items() if value not in (False, OWN)}

    def _sizing(self) -> dict[str, Any]:
        """The rule by which a picture becomes an image, where there is one."""
        return (
            {}
            if self.data.resize_rule is None
            else {"resize_rule": self.data.resize_rule.as_dict()}
        )

    def _settings(self) -> dict[str, Any]:
        """What was asked for and what was chosen, so that asking again gives the same run."""
        asked = {entry.name: getattr(self.settings, entry.name) for entry in fields(Settings)}
        del asked["out"]
        return {
            **asked,
            "data": self.source,
            "epochs": self.epochs if self.settings.steps is None else None,
            "steps": None if self.settings.steps is None else self.steps.asked,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "patience": self.patience,
        }


def prepare(settings: Settings, report: Report | None = None) -> PreparedRun:
    """Find the data and the model, cut the splits, build and compile the network.

    Seeds the session; `report` is called with the pictures decoded and their number. Raises
    UnknownNameError, ArgumentError, DataError, FileError, DownloadError, ShapeError: whatever can
    be wrong is found here, before any training.
    """
    with session.fresh_names():
        return _prepare(settings, report)


def _prepare(settings: Settings, report: Report | None) -> PreparedRun:
    architecture, default = model_registry.find(settings.model)
    recipe = overrides.of_recipe(default, settings.overrides)
    epochs = _whole("epochs", settings.epochs, recipe.epochs)
    steps = None if settings.steps is None else StepPlan.of(settings.steps)
    if None not in (settings.steps, settings.epochs):
        raise ArgumentError(
            "steps decide how many epochs there are. "
            f"Received: steps={settings.steps}, epochs={settings.epochs}",
            hint="leave out epochs, or steps",
        )
    batch_size = _whole("batch_size", settings.batch_size, recipe.batch_size)
    patience = _whole("patience", settings.patience, recipe.patience, least=0)
    rate = _rate(settings.learning_rate, recipe.learning_rate)
    _whole("limit", settings.limit, 1)
    for metric in settings.metrics:
        metrics.get(metric)
    session.set_random_seed(settings.seed)
    data = load_data(settings.data, settings.limit, settings.image_options, report)
    if settings.balance:
        even = balance_classes(data.splits.train, len(data.class_names))
        data = replace(data, splits=replace(data.splits, train=even))
    images = data.splits.train.x
    scale = pixel_scale(images)
    # What the user sets wins over what the images would.
    recipe = overrides.of_recipe(default.for_images(images.shape[1:]), settings.overrides)
    model = architecture.build(
        images.shape[1:],
        len(data.class_names),
        scale=scale,
        augmentation=augmentation_layers(
            settings.augment, recipe, images.shape[1:], data.class_names, top=1 / scale
        ),
    )
    if changed := overrides.of_layers(settings.overrides):
        session.set_random_seed(settings.seed)  # what is not changed starts with the same weights
        model = overrides.rebuilt(model, changed)
    recipe.initialize(model, images, scale)
    prepared = PreparedRun(
        settings,
        data,
        architecture,
        recipe,
        model,
        scale,
        epochs,
        batch_size,
        rate,
        patience,
    )
    if steps is not None:
        prepared = replace(prepared, epochs=-(-steps.count // prepared.steps_an_epoch))
    prepared.compile()
    return prepared


def augmentation_layers(
    augment: str,
    model: str | TrainingRecipe,
    shape: Shape,
    class_names: Sequence[str],
    *,
    top: float = 255.0,
) -> list[Layer]:
    """The layers that change training images of this shape, with pixels from 0 to `top`.

    `augment` is none, light or strong, or own, that of the `model`. Raises UnknownNameError.
    """
    if augment == OWN:
        recipe = model if isinstance(model, TrainingRecipe) else model_registry.find(model).recipe
        return recipe.augmentation(shape, not are_characters(class_names))
    if augment not in STRENGTHS:
        raise UnknownNameError("augmentation", augment, (OWN, *STRENGTHS))
    return choose_augmentation(augment, class_names).layers(top)


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
