"""Preparation of a run: data, splits, network and recipe, before the first training step."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import scallion
from scallion import engine as engines
from scallion import file_versions, metrics, optimizers, session
from scallion.applications import model_registry, pretrained
from scallion.errors import ArgumentError, UnknownNameError
from scallion.images import STRENGTHS, are_characters, choose_augmentation
from scallion.images.resizing import parse_size
from scallion.layers import Layer
from scallion.layers.base.spec import Shape
from scallion.models import Model
from scallion.models.builtin.architectures import QUICK, Architecture
from scallion.models.builtin.recipes import TrainingRecipe
from scallion.runs.training import model_choice, overrides
from scallion.runs.training.data_loading import (
    OnImages,
    chosen_size,
    load_data,
    names_image_files,
    require_data,
)
from scallion.runs.training.data_reference import DataReference, refer_to
from scallion.runs.training.settings import AUTO, OWN, Settings
from scallion.runs.training.splits import DataSplits, RunData, balance_classes, pixel_scale
from scallion.runs.training.step_plan import StepPlan


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that is ready to train: settings with their data, network and resolved defaults.

    `source` is the name of the data set, its absolute path, or a reference to data in memory.
    `size` is the one that images are resized to, by the loading or by a pretrained network;
    `model_reason` says why `--model auto` chose this model.
    """

    settings: Settings
    source: str | DataReference
    data: RunData
    architecture: Architecture
    recipe: TrainingRecipe
    model: Model
    scale: float
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    size: str | int | None = None
    model_reason: str | None = None

    @property
    def name(self) -> str:
        """The name of the data set."""
        return self.data.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each class, in the order of the labels."""
        return self.data.class_names

    @property
    def splits(self) -> DataSplits:
        """Training, validation and test images."""
        return self.data.splits

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(height, width, channels) of the images."""
        return self.splits.train.x.shape[1:]

    @property
    def steps_per_epoch(self) -> int:
        """The number of steps that go once through the training images."""
        return -(-len(self.splits.train) // self.batch_size)

    @property
    def steps(self) -> StepPlan:
        """The steps of the whole run; a frozen stage counts as the steps of one epoch."""
        return StepPlan.of(self.settings.steps or self.epochs * self.steps_per_epoch)

    @property
    def frozen_steps(self) -> int:
        """The number of steps that the frozen stage counts as."""
        return self.steps_per_epoch if self.recipe.starts_frozen else 0

    def for_steps(self, steps: int) -> "PreparedRun":
        """Return the run with another number of steps; its network is the same object."""
        settings = replace(self.settings, epochs=None, steps=steps)
        resolved = replace(self, settings=settings, epochs=-(-steps // self.steps_per_epoch))
        seed = self.model.seed
        with session.fresh_names():
            resolved.compile()
        self.model.seed = seed
        return resolved

    def compile(self) -> None:
        """Compile the network with a learning-rate schedule for all steps."""
        self.recipe.compile(
            self.model,
            steps=max(1, self.steps.count - self.frozen_steps),
            learning_rate=self.learning_rate,
            metrics=self.settings.metrics,
            engine=self.settings.engine,
        )

    def config(self) -> dict[str, Any]:
        """Return everything that decides the result, as `config.json` stores it."""
        splits, settings = self.splits, self.settings
        return {
            "format_version": file_versions.RUN_CONFIG,
            "data": {
                "name": self.name,
                "source": _as_json(self.source),
                "image_shape": self.image_shape,
                "dtype": str(splits.train.x.dtype),
                "class_names": self.class_names,
                "limit": settings.limit,
            },
            "splits": {
                "train": len(splits.train),
                "validation": len(splits.validation),
                "test": len(splits.test),
                **self.data.split_info,
                "sha256": splits.sha256,
                "fingerprints": {
                    "train": splits.train.fingerprint(),
                    "validation": splits.validation.fingerprint(),
                    "test": splits.test.fingerprint(),
                },
            },
            "model": {"name": self.architecture.name, "parameters": self.model.count_params()},
            "preprocessing": self._preprocessing(),
            "optimizer": optimizers.serialize(self.model.optimizer),
            "loss": {
                "class_name": type(self.recipe.loss()).__name__,
                "label_smoothing": self.recipe.label_smoothing,
            },
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "steps": None if settings.steps is None else self.steps.text,
            "patience": self.patience,
            "metrics": settings.metrics,
            "overrides": settings.overrides,
            "balance": settings.balance,
            "augment": settings.augment,
            "seed": settings.seed,
            "settings": self.resolved_settings().as_dict(),
            "versions": {
                "scallion": scallion.__version__,
                "python": platform.python_version(),
                "numpy": np.__version__,
            },
        }

    def _preprocessing(self) -> dict[str, Any]:
        rule = self.data.resize_rule
        return {**({} if rule is None else {"resize_rule": rule.as_dict()}), "scale": self.scale}

    def resolved_settings(self) -> Settings:
        """Return settings without defaults, so that they give the same run anywhere."""
        by_steps = self.settings.steps is not None
        return replace(
            self.settings,
            data=self.source,
            epochs=None if by_steps else self.epochs - self.recipe.starts_frozen,
            steps=self.steps.text if by_steps else None,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            patience=self.patience,
            size=self.size,
        )


def prepare(
    settings: Settings, on_images: OnImages | None = None, seconds: float | None = None
) -> PreparedRun:
    """Load and split the data, then build and compile the network.

    With a budget of `seconds`, a pretrained network's image size is chosen to fit. Seeds the
    session. `on_images` is called while images are decoded. All errors in settings and
    data are found here, before training: raises UnknownNameError, ArgumentError, DataError,
    FileError, DownloadError, ShapeError, EngineError, and StateError for a reference to data in
    memory.
    """
    with session.fresh_names():
        return _prepare(settings, on_images, seconds)


def _prepare(settings: Settings, on_images: OnImages | None, seconds: float | None) -> PreparedRun:
    check_settings(settings)
    settings, reason = _choose_model_before_loading(settings)
    session.set_random_seed(settings.seed)
    data = load_data(settings, on_images, seconds)
    if settings.model == AUTO:
        settings, reason = model_choice.choose_by_arrays(settings, data)
    architecture, default = model_registry.find(settings.model)
    if settings.balance:
        balanced = balance_classes(data.splits.train, len(data.class_names))
        data = replace(data, splits=replace(data.splits, train=balanced))
    images = data.splits.train.x
    scale = pixel_scale(images)
    # The user's overrides win over what the recipe changes for colour or few images.
    suited = default.for_images(images.shape[1:]).for_count(len(images))
    recipe = overrides.apply_to_recipe(suited, settings.overrides)
    size = settings.size
    if starts_frozen := recipe.starts_frozen:
        height, width = _network_size(settings, data, seconds)
        architecture = pretrained.network_for((height, width))
        if data.resize_rule is not None:
            height, width = images.shape[1:3]  # files are read in this size again
        size = f"{height}x{width}"
    epochs = _whole_number("epochs", settings.epochs, recipe.epochs, least=1 - starts_frozen)
    epochs += starts_frozen  # the frozen stage is the first epoch
    batch_size = _whole_number("batch_size", settings.batch_size, recipe.batch_size)
    patience = _whole_number("patience", settings.patience, recipe.patience, least=0)
    learning_rate = _learning_rate(settings.learning_rate, recipe.learning_rate)
    model = _build_network(settings, data, architecture, recipe, scale)
    recipe.initialize(model, images, scale)
    prepared = PreparedRun(
        settings,
        _source(settings),
        data,
        architecture,
        recipe,
        model,
        scale,
        epochs,
        batch_size,
        learning_rate,
        patience,
        size,
        reason,
    )
    if settings.steps is not None:
        steps = StepPlan.of(settings.steps).count
        prepared = replace(prepared, epochs=-(-steps // prepared.steps_per_epoch))
    prepared.compile()
    return prepared


def _choose_model_before_loading(settings: Settings) -> tuple[Settings, str | None]:
    """Return the settings with the model that `auto` means, where it needs no pixels, and why."""
    if settings.model == AUTO and isinstance(settings.data, str | Path):
        if names_image_files(settings.data):
            return model_choice.choose_by_files(settings)
        if not Path(settings.data).exists():
            return model_choice.choose_by_name(settings), None
    return settings, None


def _build_network(
    settings: Settings,
    data: RunData,
    architecture: Architecture,
    recipe: TrainingRecipe,
    scale: float,
) -> Model:
    """Return the network for the images, with augmentation and the layers that were overridden."""
    shape = data.splits.train.x.shape[1:]
    augmentation = augmentation_layers(
        settings.augment, recipe, shape, data.class_names, top=1 / scale
    )
    model = architecture.build(shape, len(data.class_names), scale=scale, augmentation=augmentation)
    if changed := {**dict(recipe.layer_arguments), **overrides.for_layers(settings.overrides)}:
        _refuse_pretrained(architecture, changed)
        # Layers that are not overridden start with the same weights.
        session.set_random_seed(settings.seed)
        model = overrides.rebuild(model, changed)
    return model


def _network_size(settings: Settings, data: RunData, seconds: float | None) -> tuple[int, int]:
    """Return the (height, width) that a pretrained network resizes its images to."""
    splits = data.splits
    shape = splits.train.x.shape[1:]
    if data.resize_rule is not None:
        return pretrained.enlarged_size(shape)  # the size was chosen when the files were read
    if settings.size is not None:
        return parse_size(settings.size)
    if seconds is None:
        return pretrained.enlarged_size(
            shape, chosen_size(len(splits.train) + len(splits.validation), 1.0, None)
        )
    total = len(splits.train) + len(splits.validation) + len(splits.test)
    return pretrained.enlarged_size(shape, chosen_size(total, len(splits.train) / total, seconds))


def augmentation_layers(
    augment: str,
    model: str | TrainingRecipe,
    shape: Shape,
    class_names: Sequence[str],
    *,
    top: float = 255.0,
) -> list[Layer]:
    """Return the augmentation layers for images of this shape, with pixels from 0 to `top`.

    `augment` is none, light, strong, or own, the augmentation of the `model`. Raises
    UnknownNameError.
    """
    if augment == OWN:
        recipe = model if isinstance(model, TrainingRecipe) else model_registry.find(model).recipe
        return recipe.augmentation(shape, not are_characters(class_names))
    if augment not in STRENGTHS:
        raise UnknownNameError("augmentation", augment, (OWN, *STRENGTHS))
    return choose_augmentation(augment, class_names).layers(top)


def _refuse_pretrained(architecture: Architecture, changed: Mapping[str, Any]) -> None:
    """Raise ArgumentError where layers with pretrained weights would be changed."""
    if architecture.notice:
        raise ArgumentError(
            "the layers of a pretrained network cannot be changed. Received: "
            f"{', '.join(sorted(changed))}",
            hint=f"leave out --set {next(iter(changed))}=..., or use --model quick",
        )


def check_settings(settings: Settings) -> None:
    """Raise for settings that cannot be right, whatever the data are; reads no data.

    Raises UnknownNameError, ArgumentError, EngineError, and MissingFileError for a path of data
    that does not exist.
    """
    name = QUICK.name if settings.model == AUTO else settings.model
    recipe = overrides.apply_to_recipe(model_registry.find(name).recipe, settings.overrides)
    _whole_number("epochs", settings.epochs, recipe.epochs, least=1 - recipe.starts_frozen)
    _whole_number("batch_size", settings.batch_size, recipe.batch_size)
    _whole_number("patience", settings.patience, recipe.patience, least=0)
    session.checked_seed(settings.seed)
    _whole_number("limit", settings.limit, 1)
    _learning_rate(settings.learning_rate, recipe.learning_rate)
    if settings.steps is not None:
        StepPlan.of(settings.steps)
    if None not in (settings.steps, settings.epochs):
        raise ArgumentError(
            "steps decide how many epochs there are. "
            f"Received: steps={settings.steps}, epochs={settings.epochs}",
            hint="leave out epochs, or steps",
        )
    if settings.augment not in (OWN, *STRENGTHS):
        raise UnknownNameError("augmentation", settings.augment, (OWN, *STRENGTHS))
    for metric in settings.metrics:
        metrics.get(metric)
    engines.resolve(settings.engine)
    require_data(settings.data)


def _source(settings: Settings) -> str | DataReference:
    source = refer_to(settings.data)
    if isinstance(source, str) and Path(source).exists():
        return str(Path(source).absolute())
    return source


def _as_json(source: str | DataReference) -> Any:
    return source if isinstance(source, str) else source.as_dict()


def _whole_number(name: str, value: int | None, default: int, least: int = 1) -> int:
    number = default if value is None else value
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise ArgumentError(
            f"{name} is an integer of at least {least}. Received: {name}={number!r}",
            hint=f"{name}=20",
        )
    return number


def _learning_rate(value: float | None, default: float) -> float:
    rate = default if value is None else value
    if not isinstance(rate, int | float) or not 0 < rate < float("inf"):
        raise ArgumentError(
            f"the learning rate is a number above 0. Received: {rate!r}",
            hint="learning_rate=0.001",
        )
    return float(rate)
