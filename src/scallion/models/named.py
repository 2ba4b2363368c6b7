"""Networks by name, each with the recipe that it trains by: `quick`, and those of the lesson."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from scallion import layers, losses
from scallion.errors import ArgumentError, UnknownNameError
from scallion.layers.spec import Shape
from scallion.layers.tensor import Tensor
from scallion.models.model import Model
from scallion.models.whitening import whiten
from scallion.optimizers import Adam, Optimizer
from scallion.schedules import CosineDecay, LearningRateSchedule

Schedule = Callable[[float, int], LearningRateSchedule]
Augment = Callable[[Shape, bool], list[layers.Layer]]
Start = Callable[[Model, NDArray[Any], float], None]


def _as_they_are(_shape: Shape, _mirrored: bool) -> list[layers.Layer]:
    return []


def _as_drawn(_model: Model, _images: NDArray[Any], _scale: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Recipe:
    """A network and how it trains. What a user does not ask for otherwise is taken from here.

    `describe` puts the layers behind a tensor, given the number of classes. `schedule` makes the
    learning rate from its highest value and the number of all steps; without it, it is constant.
    Training ends after `patience` epochs without a better one; 0 means never.
    `augment` makes the layers that change training images, from their shape and whether one seen in
    a mirror shows the same. `start` sets weights that follow from the training images, given the
    network, the images and what their pixels are multiplied by. `in_colour` are fields, by name,
    that are others for colour pictures.
    """

    name: str
    about: str
    describe: Callable[[Tensor, int], Tensor] = field(repr=False)
    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    optimizer: type[Optimizer] = Adam
    weight_decay: float | None = None
    schedule: Schedule | None = field(default=None, repr=False)
    label_smoothing: float = 0.0
    patience: int = 10
    augment: Augment = field(default=_as_they_are, repr=False)
    start: Start = field(default=_as_drawn, repr=False)
    in_colour: tuple[tuple[str, Any], ...] = ()

    @property
    def augments(self) -> bool:
        """Whether it changes training images at random."""
        return self.augment is not _as_they_are

    def for_images(self, shape: Shape) -> "Recipe":
        """The recipe for images (height, width, channels): some fields are others in colour."""
        return replace(self, **dict(self.in_colour)) if shape[-1] > 1 else self

    def build(
        self,
        input_shape: Shape,
        classes: int,
        *,
        scale: float = 1.0,
        augment: Sequence[layers.Layer] = (),
    ) -> Model:
        """The network for images (height, width, channels), with one logit a class.

        The layers of `augment` come first; then pixels are multiplied by `scale`, and at 1.0 there
        is no layer for that. Raises ShapeError for images that are too small.
        """
        if classes < 2:
            raise ArgumentError(
                f"a classifier needs two classes or more. Received: classes={classes!r}",
                hint="label the images with whole numbers from 0",
            )
        image = layers.Input(input_shape)
        x = image
        for layer in augment:
            x = layer(x)
        x = x if scale == 1.0 else layers.Rescaling(scale)(x)
        return Model(image, self.describe(x, classes), name=self.name.replace("-", "_"))

    def compile(
        self,
        model: Model,
        *,
        steps: int,
        learning_rate: float | None = None,
        metrics: Iterable[str] = (),
    ) -> None:
        """Make the model ready for `steps` updates in all; its metrics are `accuracy` and these."""
        rate: Any = self.rate(steps, learning_rate)
        model.compile(
            optimizer=self.optimizer(rate, weight_decay=self.weight_decay),
            loss=self.loss(),
            metrics=["accuracy", *metrics],
        )

    def rate(self, steps: int, highest: float | None = None) -> float | LearningRateSchedule:
        """The learning rate of a training of so many updates: its schedule, where it has one."""
        highest = self.learning_rate if highest is None else highest
        return highest if self.schedule is None else self.schedule(highest, steps)

    def loss(self) -> losses.Loss:
        """Cross-entropy of logits; with smoothed labels it wants one-hot rows."""
        if self.label_smoothing:
            return losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=self.label_smoothing
            )
        return losses.SparseCategoricalCrossentropy(from_logits=True)


def find(name: str) -> Recipe:
    """The recipe of this name. Raises UnknownNameError with the nearest.

    >>> find("lesson").build((32, 32, 3), 10).count_params()
    47370
    """
    wanted = str(name).strip().lower().replace("_", "-")
    if wanted not in _RECIPES:
        raise UnknownNameError("model", name, _RECIPES)
    return _RECIPES[wanted]


def names() -> tuple[str, ...]:
    """The names of all recipes, the default first."""
    return tuple(_RECIPES)


def _warmed_cosine(highest: float, steps: int) -> LearningRateSchedule:
    """Up in a line over the first tenth of the steps, then down to nothing as half a wave."""
    warmup = max(1, steps // 10)
    return CosineDecay(
        highest / 10, max(1, steps - warmup), warmup_target=highest, warmup_steps=warmup
    )


def _mirrored_and_shifted(shape: Shape, mirrored: bool) -> list[layers.Layer]:
    """Pictures in colour are shifted too, by up to a sixteenth of their side, in whole pixels; grey
    ones mostly stand where all others do."""
    found: list[layers.Layer] = [layers.RandomFlip("horizontal")] if mirrored else []
    height, width, channels = shape
    if channels > 1 and (reach := min(height, width) // 16):
        # Half a pixel more, so that the largest shift is as likely as any other.
        down, across = (reach + 0.5) / height, (reach + 0.5) / width
        found.append(layers.RandomTranslation(down, across, interpolation="nearest"))
    return found


# Filters, and whether pooling follows; chosen by measurement: docs/concepts/recipes.md.
_GREY = ((24, True), (48, True), (96, True), (128, False))
_COLOUR = ((32, True), (64, True), (96, False), (128, True), (192, False))


def _quick(x: Tensor, classes: int) -> Tensor:
    channels = x.image_shape[-1]
    if channels == 1:
        return _quick_blocks(x, _GREY, "relu", classes)
    # All directions of a 2x2 patch, both ways; see `whiten`. Never trained, hence no way back.
    x = layers.Conv2D(8 * channels, 2, padding="same", activation="gelu", trainable=False)(x)
    return _quick_blocks(x, _COLOUR, "gelu", classes)


def _quick_blocks(
    x: Tensor, blocks: Iterable[tuple[int, bool]], activation: str, classes: int
) -> Tensor:
    for filters, is_halved in blocks:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        # Pooling first: what follows then sees a quarter of the numbers.
        if is_halved and min(x.image_shape[:2]) > 1:
            x = layers.MaxPooling2D(2)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x) if activation == "relu" else layers.Activation(activation)(x)
    return layers.Dense(classes)(layers.GlobalMaxPooling2D()(x))


# The three networks of the Carpentries' episode "Networks are like onions"
# (carpentries-incubator/deep-learning-intro, _episodes/04-networks-are-like-onions.md, 2022), with
# its numbers of epochs and its `Dropout(0.2)` between the last convolution and Flatten.
def _lesson(x: Tensor, classes: int) -> Tensor:
    return _lesson_head(_lesson_pools(x), classes)


def _lesson_dense(x: Tensor, classes: int) -> Tensor:
    return layers.Dense(classes)(layers.Dense(100, activation="relu")(layers.Flatten()(x)))


def _lesson_deep(x: Tensor, classes: int) -> Tensor:
    return _lesson_head(_lesson_third(x), classes)


def _lesson_dropout(x: Tensor, classes: int) -> Tensor:
    return _lesson_head(layers.Dropout(0.2)(_lesson_third(x)), classes)


def _lesson_pools(x: Tensor) -> Tensor:
    for _ in range(2):
        x = layers.Conv2D(32, (3, 3), activation="relu")(x)
        x = layers.MaxPooling2D((2, 2))(x)
    return x


def _lesson_third(x: Tensor) -> Tensor:
    x = _lesson_pools(x)
    return layers.Conv2D(32, (3, 3), activation="relu")(x)


def _lesson_head(x: Tensor, classes: int) -> Tensor:
    x = layers.Dense(32, activation="relu")(layers.Flatten()(x))
    return layers.Dense(classes)(x)


def _table(recipes: Iterable[Recipe]) -> dict[str, Recipe]:
    return {recipe.name: recipe for recipe in recipes}


_RECIPES = _table(
    (
        Recipe(
            "quick",
            "convolutions with batch normalization; the best accuracy for the seconds",
            _quick,
            epochs=8,
            batch_size=64,
            learning_rate=4e-3,
            weight_decay=0.1,
            schedule=_warmed_cosine,
            patience=0,
            augment=_mirrored_and_shifted,
            start=whiten,
            in_colour=(("label_smoothing", 0.1),),
        ),
        # The lesson watches its curves to the end, so its networks train to the end.
        Recipe(
            "lesson",
            "the lesson's network: two convolutions, two pools, dense 32",
            _lesson,
            patience=0,
        ),
        Recipe(
            "lesson-dense", "the lesson's first question: Dense 100, no convolution", _lesson_dense
        ),
        Recipe(
            "lesson-deep",
            "the lesson's third question: one more convolution",
            _lesson_deep,
            epochs=20,
            patience=0,
        ),
        Recipe(
            "lesson-dropout",
            "the lesson's remedy: lesson-deep with dropout",
            _lesson_dropout,
            epochs=20,
            patience=0,
        ),
    )
)

__all__ = ["Recipe", "find", "names"]
