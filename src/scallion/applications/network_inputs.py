"""Arguments that all networks share: weights, input shape, classes and the last activation."""

import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

from scallion import activations, layers
from scallion.errors import ArgumentError
from scallion.layers.base.layer import Layer
from scallion.layers.base.tensor import Tensor

IMAGENET = "imagenet"
IMAGENET_CLASSES = 1000

_MIN_SIZE = 32


def check_weights(weights: Any, *, include_top: bool, classes: int) -> None:
    """Raise ArgumentError unless `weights` is "imagenet", None or a file, and `classes` fits."""
    if weights not in (None, IMAGENET) and not Path(weights).is_file():
        raise ArgumentError(
            "`weights` must be 'imagenet', None for random weights, or the path of a weights "
            f"file. Received: weights={str(weights)!r}",
            hint='weights="imagenet"',
            field="weights",
            value=weights,
        )
    if weights == IMAGENET and include_top and classes != IMAGENET_CLASSES:
        raise ArgumentError(
            "the ImageNet weights with `include_top=True` have 1000 classes. "
            f"Received: classes={classes!r}",
            hint="include_top=False, and a Dense layer with your classes on top",
            field="classes",
            value=classes,
        )


def check_activation(activation: Any, weights: Any) -> None:
    """Raise ArgumentError for a last activation that pretrained weights do not fit."""
    if weights is not None and activations.get(activation) not in ("linear", "softmax"):
        raise ArgumentError(
            "pretrained weights allow `classifier_activation` 'softmax' or None. "
            f"Received: classifier_activation={activation!r}",
            hint='classifier_activation="softmax"',
            field="classifier_activation",
            value=activation,
        )


def input_image(
    input_shape: Any, input_tensor: Any, weights: Any, *, include_top: bool, default_size: int = 224
) -> Tensor:
    """Return the symbolic images that a network starts with: `input_tensor`, or a new Input.

    Sides that Keras leaves open are `default_size`, because Scallion's images have one size.
    Raises ArgumentError for shapes that do not fit.
    """
    if input_tensor is not None:
        _check_tensor(input_tensor, input_shape)
        input_shape = input_tensor.image_shape
    default = (default_size, default_size, 3)
    if weights == IMAGENET and include_top:
        if input_shape is not None and tuple(input_shape) != default:
            raise ArgumentError(
                f"the ImageNet weights with `include_top=True` need images of {default}. "
                f"Received: {tuple(input_shape)}",
                hint="include_top=False for images of another size",
                field="input_shape",
                value=input_shape,
            )
        input_shape = default
    shape = checked_shape(input_shape, default, weights)
    return layers.Input(shape) if input_tensor is None else input_tensor


def checked_shape(
    input_shape: Any, default: tuple[int, int, int], weights: Any
) -> tuple[int, int, int]:
    """Return (height, width, channels) with open sides from `default`. Raises ArgumentError."""
    given = default if input_shape is None else input_shape
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise ArgumentError(
            "`input_shape` must be a tuple of three integers, (height, width, channels). "
            f"Received: input_shape={input_shape!r}",
            hint=f"input_shape={default}",
            field="input_shape",
            value=input_shape,
        )
    sides = [other if side is None else side for side, other in zip(given, default, strict=True)]
    height, width, channels = sides
    if weights == IMAGENET and channels != 3:
        raise ArgumentError(
            "the ImageNet weights need images with 3 channels. "
            f"Received: input_shape={tuple(given)}",
            hint="repeat grey images to three channels: np.repeat(images, 3, axis=-1)",
            field="input_shape",
            value=input_shape,
        )
    if min(height, width) < _MIN_SIZE:
        raise ArgumentError(
            f"images must have at least {_MIN_SIZE}x{_MIN_SIZE} pixels. "
            f"Received: input_shape={tuple(given)}",
            hint=f"enlarge them: Resizing({default[0]}, {default[1]})",
            field="input_shape",
            value=input_shape,
        )
    if channels not in (1, 3):
        warnings.warn(
            f"images usually have 1 or 3 channels. Received: input_shape={tuple(given)}",
            stacklevel=4,
        )
    return height, width, channels


def check_choice(name: str, value: Any, allowed: Collection[Any], reason: str) -> None:
    """Raise ArgumentError, which lists the allowed values, for any other."""
    if value not in allowed:
        listed = ", ".join(repr(one) for one in allowed)
        raise ArgumentError(
            f"{reason}: {listed}. Received: {name}={value!r}",
            hint=f"{name}={next(iter(allowed))!r}",
            field=name,
            value=value,
        )


def check_pooling(pooling: Any) -> None:
    """Raise ArgumentError unless `pooling` is None, "avg" or "max"."""
    check_choice("pooling", pooling, (None, "avg", "max"), "`pooling` must be one of")


def pooled(x: Tensor, pooling: str | None, *, named: bool = False) -> Tensor:
    """Return the features of a network without its top: pooled over all positions, or not."""
    name = f"{pooling}_pool" if named else None
    if pooling == "avg":
        return layers.GlobalAveragePooling2D(name=name)(x)
    return layers.GlobalMaxPooling2D(name=name)(x) if pooling == "max" else x


def source_inputs(tensor: Tensor) -> list[Tensor]:
    """Return the Input tensors that a tensor depends on, in the order of their use."""
    found: dict[Tensor, None] = {}
    seen: set[Tensor] = set()
    stack = [tensor]
    while stack:
        one = stack.pop()
        if one in seen:
            continue
        seen.add(one)
        if one.node.inputs:
            stack.extend(reversed(one.node.inputs))
        else:
            found[one] = None
    return list(found)


def _check_tensor(input_tensor: Any, input_shape: Any) -> None:
    if not isinstance(input_tensor, Tensor):
        raise ArgumentError(
            "`input_tensor` must be a symbolic tensor. "
            f"Received: {type(input_tensor).__name__} {input_tensor!r:.60}",
            hint="input_tensor=Input((224, 224, 3)); call the network on arrays afterwards",
            field="input_tensor",
            value=input_tensor,
        )
    if input_shape is not None and tuple(input_shape) != input_tensor.image_shape:
        raise ArgumentError(
            "`input_shape` must be the shape of `input_tensor`, "
            f"{input_tensor.image_shape}. Received: input_shape={input_shape!r}",
            hint="omit input_shape",
            field="input_shape",
            value=input_shape,
        )


def layers_after(first: Tensor, all_layers: list[Layer]) -> list[Layer]:
    """Return the layers that a network added to its first tensor: those not before it."""
    before: set[Layer] = set()
    stack = [first]
    while stack:
        tensor = stack.pop()
        if tensor.node.layer not in before:
            before.add(tensor.node.layer)
            stack.extend(tensor.node.inputs)
    return [layer for layer in all_layers if layer not in before]
