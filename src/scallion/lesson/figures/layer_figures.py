"""Figures of convolution, padding, pooling and dropout on one image, computed by the layers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import layers
from scallion.errors import ArgumentError, UnknownNameError
from scallion.layers.base.layer import Layer
from scallion.lesson import example_images
from scallion.lesson.figures.lesson_figure import ImagePanel, LessonFigure
from scallion.models import Sequential

KERNELS = {
    "edges": (-1, -1, -1, -1, 8, -1, -1, -1, -1),
    "vertical": (1, 0, -1, 2, 0, -2, 1, 0, -1),
    "horizontal": (1, 2, 1, 0, 0, 0, -1, -2, -1),
    "blur": (1 / 9,) * 9,
    "sharpen": (0, -1, 0, -1, 5, -1, 0, -1, 0),
    "identity": (0, 0, 0, 0, 1, 0, 0, 0, 0),
}
Image = NDArray[np.float32]


def images(dataset: str = "fashion-mnist", count: int = 12, first: int = 0) -> LessonFigure:
    """Draw `count` training images of a data set, from index `first`, with their classes."""
    count, first = _integer("count", count, 1, 60), _integer("first", first, 0, 40000)
    data = example_images.images(dataset)
    panels = [
        ImagePanel(data.class_names[data.y_train[i]], _without_grey_axis(data.x_train[i]))
        for i in range(first, first + count)
    ]
    shape = "x".join(map(str, data.image_shape))
    return LessonFigure(panels, f"{count} images of {data.name}, {shape} values each.")


def kernel(image: int = 0, row: int = 12, column: int = 10, kernel: Any = "edges") -> LessonFigure:
    """Draw a kernel at one place: nine pixels, nine weights, one sum."""
    weights = _kernel(kernel)
    pixels = _grey(image)
    row, column = _integer("row", row, 0, 25), _integer("column", column, 0, 25)
    patch = pixels[row : row + 3, column : column + 3]
    total = float((patch * weights).sum())
    terms = " + ".join(
        f"{value:.0f}*{_in_brackets(float(weight))}"
        for value, weight in zip(patch.flat, weights.flat, strict=True)
        if weight
    )
    marked = np.stack([pixels] * 3, axis=-1).astype(np.uint8)
    marked[row : row + 3, column : column + 3, 0] = 255
    panels = [
        ImagePanel("image", marked),
        ImagePanel(f"pixels at {row}, {column}", patch),
        ImagePanel("kernel", weights),
        ImagePanel("sum", np.array([[total]])),
    ]
    return LessonFigure(panels, f"{terms or '0'} = {total:.4g}")


def convolution(
    image: int = 0, kernel: Any = "edges", stride: int = 1, padding: str = "valid"
) -> LessonFigure:
    """Draw the result of a kernel that slides over the image."""
    weights, pixels = _kernel(kernel), _grey(image)
    stride = _integer("stride", stride, 1, 8)
    layer = layers.Conv2D(1, 3, strides=stride, padding=padding, use_bias=False)
    result = _apply(layer, pixels, [weights[..., None, None]])
    height, width = result.shape
    added = "a border of zeros" if padding == "same" else "no border"
    text = (
        f"A 3x3 kernel on a 28x28 image with {added} and stride {stride} gives {height}x{width} "
        f"values, from {result.min():.4g} to {result.max():.4g}, with nine weights."
    )
    panels = [
        ImagePanel("image 28x28", pixels.astype(np.uint8)),
        ImagePanel("kernel 3x3", weights),
        ImagePanel(f"result {height}x{width}", result),
    ]
    return LessonFigure(panels, text)


def border(size: int = 28, kernel_size: int = 3, stride: int = 1, image: int = 0) -> LessonFigure:
    """Draw the size of the result with and without a border of zeros."""
    size, side = _integer("size", size, 1, 28), _integer("kernel_size", kernel_size, 1, 27)
    stride = _integer("stride", stride, 1, 8)
    if side > size:
        raise ArgumentError(
            f"a {side}x{side} kernel does not fit a {size}x{size} image", hint=f"kernel_size={size}"
        )
    pixels = _grey(image)[:size, :size]
    blur = np.full((side, side, 1, 1), 1 / side**2, np.float32)
    panels = [ImagePanel(f"image {size}x{size}", pixels.astype(np.uint8))]
    for padding in ("valid", "same"):
        layer = layers.Conv2D(1, side, strides=stride, padding=padding, use_bias=False)
        result = _apply(layer, pixels, [blur])
        panels.append(ImagePanel(f'"{padding}" {len(result)}x{len(result)}', result))
    valid, same = (len(panel.pixels) for panel in panels[1:])
    text = (
        f'Without a border added ("valid"): ({size} - {side}) // {stride} + 1 = {valid} places in '
        f'each direction.\nWith a border of zeros ("same"): {same}.'
    )
    return LessonFigure(panels, text)


def pooling(image: int = 0, pool_size: int = 2, kind: str = "max") -> LessonFigure:
    """Draw pooling: each window of the image becomes one value."""
    size = _integer("pool_size", pool_size, 1, 28)
    kinds = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
    if kind not in kinds:
        raise UnknownNameError("kind of pooling", kind, kinds)
    pixels = _grey(image)
    result = _apply(kinds[kind](size), pixels)
    patch = pixels[12 : 12 + 4, 10 : 10 + 4]
    small = _apply(kinds[kind](2), patch)
    what = "largest value" if kind == "max" else "mean"
    text = (
        f"Of each {size}x{size} window only the {what} is kept: 28x28 becomes "
        f"{len(result)}x{len(result)}, {pixels.size} values become {result.size}. Pooling has no "
        "parameters."
    )
    panels = [
        ImagePanel("image 28x28", pixels.astype(np.uint8)),
        ImagePanel(f"pooled {len(result)}x{len(result)}", result),
        ImagePanel("16 of its pixels", patch),
        ImagePanel("pooled 2x2", small),
    ]
    return LessonFigure(panels, text)


def dropout(image: int = 0, rate: float = 0.2, seed: int = 1) -> LessonFigure:
    """Draw dropout: in a training step some values become 0, and the others grow in return."""
    if not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise ArgumentError(
            f"a dropout rate is a fraction from 0 to below 1. Received: rate={rate!r}",
            hint="rate=0.5",
        )
    pixels = _grey(image)
    kept = np.random.default_rng(_integer("seed", seed, 0, 10**6)).random(pixels.shape) >= rate
    result = np.where(kept, pixels / (1 - rate), 0)
    text = (
        f"At a rate of {rate:g}, {pixels.size - int(kept.sum())} of {pixels.size} values became 0. "
        "Every image and step drops other values. The values that are kept are divided by "
        f"{1 - rate:.3g}, so that their sum stays about the same. In prediction, nothing is "
        "dropped."
    )
    panels = [
        ImagePanel("unchanged", pixels.astype(np.uint8)),
        ImagePanel(f"rate {rate:g}", result),
    ]
    return LessonFigure(panels, text)


def _apply(layer: Layer, pixels: Image, weights: list[Image] | None = None) -> Image:
    """Return a layer's output (H', W') for a grey image (H, W)."""
    model = Sequential([layers.Input((*pixels.shape, 1)), layer])
    if weights:
        model.set_weights(weights)
    return model.predict(pixels[None, ..., None], verbose=0)[0, ..., 0]


def _grey(index: int) -> Image:
    """Return a training image of Fashion-MNIST, 28x28 values from 0 to 255."""
    index = _integer("image", index, 0, 59_999)
    return example_images.images("fashion-mnist").x_train[index, ..., 0].astype(np.float32)


def _without_grey_axis(image: NDArray[Any]) -> NDArray[Any]:
    return image[..., 0] if image.shape[-1] == 1 else image


def _kernel(given: Any) -> Image:
    if isinstance(given, str):
        if given not in KERNELS:
            raise UnknownNameError("kernel", given, KERNELS)
        given = KERNELS[given]
    values = np.asarray(given, np.float32).reshape(-1)
    if values.size != 9 or not np.isfinite(values).all():
        raise ArgumentError(
            f"a kernel has nine weights here. Received: {given!r}",
            hint="kernel=1 0 -1 2 0 -2 1 0 -1",
        )
    return values.reshape(3, 3)


def _integer(name: str, value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ArgumentError(
            f"{name} is an integer from {least} to {most}. Received: {name}={value!r}",
            hint=f"{name}={min(max(least, 1), most)}",
        )
    return value


def _in_brackets(weight: float) -> str:
    return f"({weight:.3g})" if weight < 0 else f"{weight:.3g}"
