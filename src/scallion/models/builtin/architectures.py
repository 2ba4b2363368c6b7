"""Network architectures for images of any size: `quick`, and those of the lesson."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from scallion import layers
from scallion.errors import ArgumentError
from scallion.layers.base.spec import Shape
from scallion.layers.base.tensor import Tensor
from scallion.models.model import Model


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network without weights: its name, a one-line summary, and a function that builds it.

    `connect` adds the layers to a tensor, given the number of classes, and returns the logits. It
    expects pixels from 0 to `pixel_top`. `notice` says where pretrained weights are from.
    """

    name: str
    summary: str
    connect: Callable[[Tensor, int], Tensor] = field(repr=False)
    pixel_top: float = 1.0
    notice: str = ""

    def build(
        self,
        input_shape: Shape,
        classes: int,
        *,
        scale: float = 1.0,
        augmentation: Sequence[layers.Layer] = (),
    ) -> Model:
        """Build the model for images (height, width, channels), with one logit per class.

        `scale` brings pixels to 0..1. The augmentation layers come first, then a Rescaling where
        one is needed. Raises ArgumentError for fewer than two classes, ShapeError for images that
        are too small.
        """
        if classes < 2:
            raise ArgumentError(
                f"a classifier needs two classes or more. Received: classes={classes!r}",
                hint="label the images with integers from 0",
            )
        image = layers.Input(input_shape)
        x = image
        for layer in augmentation:
            x = layer(x)
        factor = scale * self.pixel_top
        x = x if factor == 1.0 else layers.Rescaling(factor)(x)
        return Model(image, self.connect(x, classes), name=self.name.replace("-", "_"))


# (filters, whether a max pooling follows), chosen by measurement: docs/recipes.md.
_GREY_BLOCKS = ((24, True), (48, True), (96, True), (128, False))
_COLOUR_BLOCKS = ((32, True), (64, True), (96, False), (128, True), (192, False))


def _quick(x: Tensor, classes: int) -> Tensor:
    channels = x.image_shape[-1]
    if channels == 1:
        return _quick_blocks(x, _GREY_BLOCKS, "relu", classes)
    # Two filters per direction of a 2x2 patch, set by `whiten`. Never trained, so training skips
    # its gradients.
    x = layers.Conv2D(8 * channels, 2, padding="same", activation="gelu", trainable=False)(x)
    return _quick_blocks(x, _COLOUR_BLOCKS, "gelu", classes)


def _quick_blocks(
    x: Tensor, blocks: Iterable[tuple[int, bool]], activation: str, classes: int
) -> Tensor:
    for filters, is_pooled in blocks:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        # Pooling first, so that normalization and activation process a quarter of the values.
        if is_pooled and min(x.image_shape[:2]) > 1:
            x = layers.MaxPooling2D(2)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x) if activation == "relu" else layers.Activation(activation)(x)
    return layers.Dense(classes)(layers.GlobalMaxPooling2D()(x))


# The networks of the Carpentries' episode "Networks are like onions"
# (carpentries-incubator/deep-learning-intro, _episodes/04-networks-are-like-onions.md, 2022), with
# its `Dropout(0.2)` between the last convolution and Flatten.
def _lesson(x: Tensor, classes: int) -> Tensor:
    return _lesson_head(_lesson_pooled(x), classes)


def _lesson_dense(x: Tensor, classes: int) -> Tensor:
    return layers.Dense(classes)(layers.Dense(100, activation="relu")(layers.Flatten()(x)))


def _lesson_deep(x: Tensor, classes: int) -> Tensor:
    return _lesson_head(_lesson_third_convolution(x), classes)


def _lesson_dropout(x: Tensor, classes: int) -> Tensor:
    return _lesson_head(layers.Dropout(0.2)(_lesson_third_convolution(x)), classes)


def _lesson_pooled(x: Tensor) -> Tensor:
    for _ in range(2):
        x = layers.Conv2D(32, (3, 3), activation="relu")(x)
        x = layers.MaxPooling2D((2, 2))(x)
    return x


def _lesson_third_convolution(x: Tensor) -> Tensor:
    x = _lesson_pooled(x)
    return layers.Conv2D(32, (3, 3), activation="relu")(x)


def _lesson_head(x: Tensor, classes: int) -> Tensor:
    x = layers.Dense(32, activation="relu")(layers.Flatten()(x))
    return layers.Dense(classes)(x)


QUICK = Architecture(
    "quick", "convolutions with batch normalization; the best accuracy for the seconds", _quick
)
LESSON = Architecture(
    "lesson", "the lesson's network: two convolutions, two pools, dense 32", _lesson
)
LESSON_DENSE = Architecture(
    "lesson-dense", "the lesson's first question: Dense 100, no convolution", _lesson_dense
)
LESSON_DEEP = Architecture(
    "lesson-deep", "the lesson's third question: one more convolution", _lesson_deep
)
LESSON_DROPOUT = Architecture(
    "lesson-dropout", "the lesson's remedy: lesson-deep with dropout", _lesson_dropout
)

__all__ = [
    "LESSON",
    "LESSON_DEEP",
    "LESSON_DENSE",
    "LESSON_DROPOUT",
    "QUICK",
    "Architecture",
]
