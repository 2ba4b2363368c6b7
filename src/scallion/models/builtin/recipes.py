"""Training recipes: optimizer, learning-rate schedule, epochs, augmentation and initialization."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from scallion import layers, losses
from scallion.layers.base.spec import Shape
from scallion.models.builtin.whitening import whiten
from scallion.models.model import Model
from scallion.optimizers import Adam, Optimizer
from scallion.schedules import CosineDecay, LearningRateSchedule

Schedule = Callable[[float, int], LearningRateSchedule]
Augmentation = Callable[[Shape, bool], list[layers.Layer]]
Initialization = Callable[[Model, NDArray[Any], float], None]


FEW_IMAGES = 4000  # below which `quick` changes
_FEW_UPDATES, _MOST_EPOCHS = 600, 40


def _no_augmentation(_shape: Shape, _flips: bool) -> list[layers.Layer]:
    return []


def _no_initialization(_model: Model, _images: NDArray[Any], _scale: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """The default training settings of a model; a user may override each of them.

    `schedule` makes the learning-rate schedule from its peak and the number of steps; without one
    the rate is constant. `patience` is the number of epochs without improvement after which
    training stops; 0, as in all recipes here, means never: curves are compared as a whole, and a
    schedule ends at its last step. `augmentation` makes the augmentation layers from the image
    shape and whether horizontal flips keep an image's class. `initialize` sets weights from the
    training images, given the model, the images and the factor that scales their pixels.
    Unless it `suits_few_images`, `for_count` changes it for few; `layer_arguments` are arguments of
    layers that differ from the architecture's. `starts_frozen` means that the first epoch fits the
    last layer alone, to the features that the pretrained layers before it compute. `for_colour`
    overrides fields, by name, for images with more than one channel.
    """

    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    optimizer: type[Optimizer] = Adam
    weight_decay: float | None = None
    schedule: Schedule | None = field(default=None, repr=False)
    label_smoothing: float = 0.0
    patience: int = 0
    augmentation: Augmentation = field(default=_no_augmentation, repr=False)
    initialize: Initialization = field(default=_no_initialization, repr=False)
    starts_frozen: bool = False
    suits_few_images: bool = True
    layer_arguments: tuple[tuple[str, Any], ...] = ()
    for_colour: tuple[tuple[str, Any], ...] = ()

    @property
    def has_augmentation(self) -> bool:
        """True if training images are changed at random."""
        return self.augmentation is not _no_augmentation

    def for_count(self, count: int) -> "TrainingRecipe":
        """Return the recipe for `count` training images: few images need more and smaller steps.

        Moving statistics of batch normalization forget the initial weights after fewer updates.
        """
        if self.suits_few_images or count >= FEW_IMAGES:
            return self
        batch_size = 16 if count < FEW_IMAGES // 4 else 32
        epochs = -(-_FEW_UPDATES // -(-count // batch_size))
        return replace(
            self,
            batch_size=batch_size,
            epochs=min(max(self.epochs, epochs), _MOST_EPOCHS),
            layer_arguments=(("momentum", 0.7),),
        )

    def for_images(self, shape: Shape) -> "TrainingRecipe":
        """Return the recipe for images (height, width, channels)."""
        return replace(self, **dict(self.for_colour)) if shape[-1] > 1 else self

    def compile(
        self,
        model: Model,
        *,
        steps: int,
        learning_rate: float | None = None,
        metrics: Iterable[str] = (),
        engine: str = "auto",
    ) -> None:
        """Compile the model for `steps` training steps, with `accuracy` and these metrics."""
        rate: Any = self.learning_rate_for(steps, learning_rate)
        model.compile(
            optimizer=self.optimizer(rate, weight_decay=self.weight_decay),
            loss=self.loss(),
            metrics=["accuracy", *metrics],
            engine=engine,
        )

    def learning_rate_for(
        self, steps: int, peak: float | None = None
    ) -> float | LearningRateSchedule:
        """Return the learning rate for `steps` training steps: a schedule, or a constant."""
        peak = self.learning_rate if peak is None else peak
        return peak if self.schedule is None else self.schedule(peak, steps)

    def loss(self) -> losses.Loss:
        """Return cross-entropy from logits; label smoothing requires one-hot labels."""
        if self.label_smoothing:
            return losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=self.label_smoothing
            )
        return losses.SparseCategoricalCrossentropy(from_logits=True)


def warmup_cosine(peak: float, steps: int) -> LearningRateSchedule:
    """Return a linear warm-up over the first tenth of the steps, then a cosine decay to zero."""
    warmup = max(1, steps // 10)
    return CosineDecay(peak / 10, max(1, steps - warmup), warmup_target=peak, warmup_steps=warmup)


def flips_and_shifts(shape: Shape, flips: bool) -> list[layers.Layer]:
    """Return horizontal flips, and for colour images shifts by up to 1/16 of each side.

    Greyscale data sets are mostly centred, so they are not shifted. Shifts are whole pixels.
    """
    found: list[layers.Layer] = [layers.RandomFlip("horizontal")] if flips else []
    height, width, channels = shape
    if channels > 1 and (reach := min(height, width) // 16):
        # Half a pixel more, so that the largest shift is as likely as any other.
        down, across = (reach + 0.5) / height, (reach + 0.5) / width
        found.append(layers.RandomTranslation(down, across, interpolation="nearest"))
    return found


QUICK = TrainingRecipe(
    epochs=8,
    batch_size=64,
    learning_rate=4e-3,
    weight_decay=0.1,
    schedule=warmup_cosine,
    augmentation=flips_and_shifts,
    initialize=whiten,
    suits_few_images=False,
    for_colour=(("label_smoothing", 0.1),),
)
LESSON = TrainingRecipe()
LESSON_LONG = TrainingRecipe(epochs=20)

__all__ = [
    "LESSON",
    "LESSON_LONG",
    "QUICK",
    "TrainingRecipe",
    "flips_and_shifts",
    "warmup_cosine",
]
