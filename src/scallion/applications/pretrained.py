"""The model `pretrained`: EfficientNet-Lite0 with a new last layer, and how it is trained."""

from dataclasses import replace

from scallion import layers
from scallion.applications.efficientnet_lite import EfficientNetLite0
from scallion.layers.base.spec import Shape
from scallion.layers.base.tensor import Tensor
from scallion.models.builtin.architectures import Architecture
from scallion.models.builtin.recipes import TrainingRecipe, flips_and_shifts, warmup_cosine

NOTICE = (
    "Contains weights of EfficientNet-Lite0, trained by Google on ImageNet, whose terms of access "
    "allow research and education; converted by ML Illustrated, Copyright (c) 2020, Apache License "
    "2.0."
)

_LEAST_SIDE = 128  # smaller images are enlarged inside the network


def network_for(size: tuple[int, int]) -> Architecture:
    """Return the architecture that resizes images to `size` (height, width) first."""
    return replace(PRETRAINED, connect=lambda x, classes: _connect(x, classes, size))


def enlarged_size(shape: Shape, side: int = _LEAST_SIDE) -> tuple[int, int]:
    """Return the (height, width) of images whose shorter side has at least `side` pixels.

    >>> enlarged_size((32, 48, 3)), enlarged_size((300, 200, 3))
    ((128, 192), (300, 200))
    """
    factor = max(1.0, side / min(shape[:2]))
    return round(shape[0] * factor), round(shape[1] * factor)


def _connect(x: Tensor, classes: int, size: tuple[int, int] | None = None) -> Tensor:
    height, width, channels = x.image_shape
    if channels == 1:
        x = layers.Concatenate()([x, x, x])
    size = enlarged_size(x.image_shape) if size is None else size
    if size != (height, width):
        x = layers.Resizing(*size)(x)
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
# `epochs` are those of fine-tuning, after the frozen stage. Higher rates first destroy what the
# linear classifier has learned: see benchmarks/LOG.md.
RECIPE = TrainingRecipe(
    epochs=0,
    batch_size=32,
    learning_rate=1e-4,
    schedule=warmup_cosine,
    patience=0,
    augmentation=flips_and_shifts,
    starts_frozen=True,
)

__all__ = ["NOTICE", "PRETRAINED", "RECIPE", "enlarged_size", "network_for"]
