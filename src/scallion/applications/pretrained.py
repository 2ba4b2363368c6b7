"""The model `pretrained`: EfficientNet-Lite0 with a new last layer, and how it is trained."""

from scallion import layers
from scallion.applications.efficientnet_lite import EfficientNetLite0
from scallion.layers.base.tensor import Tensor
from scallion.models.builtin.architectures import Architecture
from scallion.models.builtin.recipes import TrainingRecipe, flips_and_shifts, warmup_cosine

NOTICE = (
    "Contains weights of EfficientNet-Lite0, trained by Google on ImageNet, whose terms of access "
    "allow research and education; converted by ML Illustrated, Copyright (c) 2020, Apache License "
    "2.0."
)

_LEAST_SIDE = 128  # smaller images are enlarged inside the network
_SIZES = ((1_000, 224), (4_000, 160))  # (images up to which, size in pixels) for image files
_SMALLEST_SIZE = 128


def image_size(count: int) -> int:
    """Return the size that `count` image files are read in: larger is more accurate, and slower.

    >>> image_size(240), image_size(3_000), image_size(50_000)
    (224, 160, 128)
    """
    return next((size for most, size in _SIZES if count <= most), _SMALLEST_SIZE)


def _connect(x: Tensor, classes: int) -> Tensor:
    height, width, channels = x.image_shape
    if channels == 1:
        x = layers.Concatenate()([x, x, x])
    if (side := min(height, width)) < _LEAST_SIDE:
        factor = _LEAST_SIDE / side
        x = layers.Resizing(round(height * factor), round(width * factor))(x)
    backbone = EfficientNetLite0(include_top=False, input_tensor=x, pooling="avg")
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False  # a few images per batch have poor statistics
    features = layers.Dropout(0.2, name="top_dropout")(backbone.outputs[0])
    return layers.Dense(classes, name="logits")(features)


PRETRAINED = Architecture(
    "pretrained",
    "EfficientNet-Lite0, trained on ImageNet; the best accuracy for a few hundred photographs",
    _connect,
    pixel_top=255.0,
    notice=NOTICE,
)
# `epochs` are those of fine-tuning, after the frozen stage.
RECIPE = TrainingRecipe(
    epochs=0,
    batch_size=32,
    learning_rate=5e-4,
    schedule=warmup_cosine,
    patience=0,
    augmentation=flips_and_shifts,
    starts_frozen=True,
)

__all__ = ["NOTICE", "PRETRAINED", "RECIPE", "image_size"]
