"""What convolution, border, pooling and dropout do to one image, computed by the layers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import layers
from scallion.errors import ArgumentError, UnknownNameError
from scallion.layers.layer import Layer
from scallion.lesson import example_images
from scallion.lesson.figures.lesson_figure import ImagePanel, LessonFigure
from scallion.models import Sequential

KERNELS = {
    "edges": (-1, -1, -1, -1, 8, -1, -1, -1, -1),
    "upright": (1, 0, -1, 2, 0, -2, 1, 0, -1),
    "level": (1, 2, 1, 0, 0, 0, -1, -2, -1),
    "blur": (1 / 9,) * 9,
    "sharpen": (0, -1, 0, -1, 5, -1, 0, -1, 0),
    "nothing": (0, 0, 0, 0, 1, 0, 0, 0, 0),
}
Image = NDArray[np.float32]


def images(dataset: str = "fashion-mnist", count: int = 12, first: int = 0) -> LessonFigure:
    """The first images of a set with their classes."""
    count, first = _whole("count", count, 1, 60), _whole("first", first, 0, 40000)
    found = example_images.images(dataset)
    some = range(first, first + count)
    panels = [
        ImagePanel(found.class_names[found.y_train[i]], _pixels(found.x_train[i])) for i in some
    ]
    shape = "x".join(map(str, found.image_shape))
    words = f"{count} images of {found.name}, {shape} numbers each, with their classes."
    return LessonFigure(panels, words, {"dataset": found.name})


def kernel(image: int = 0, row: int = 12, column: int = 10, kernel: Any = "edges") -> LessonFigure:
    """A kernel at one place: nine pixels, nine numbers, one sum."""
    weights = _kernel(kernel)
    picture = _grey(image)
    row, column = _whole("row", row, 0, 25), _whole("column", column, 0, 25)
    patch = picture[row : row + 3, column : column + 3]
    total = float((patch * weights).sum())
    terms = " + ".join(
        f"{pixel:.0f}*{_signed(float(weight))}"
        for pixel, weight in zip(patch.flat, weights.flat, strict=True)
        if weight
    )
    marked = np.stack([picture] * 3, axis=-1).astype(np.uint8)
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
    """A kernel at every place of the image."""
    weights, picture = _kernel(kernel), _grey(image)
    stride = _whole("stride", stride, 1, 8)
    layer = layers.Conv2D(1, 3, strides=stride, padding=padding, use_bias=False)
    result = _through(layer, picture, [weights[..., None, None]])
    height, width = result.shape
    added = "a border of zeros" if padding == "same" else "no border"
    words = (
        f"A 3x3 kernel on a 28x28 image, {added}, a step of {stride}: {height}x{width} numbers "
        f"come out, from {result.min():.4g} to {result.max():.4g}. Nine parameters did it."
    )
    panels = [
        ImagePanel("image 28x28", picture.astype(np.uint8)),
        ImagePanel("kernel 3x3", weights),
        ImagePanel(f"result {height}x{width}", result),
    ]
    return LessonFigure(panels, words)


def border(size: int = 28, kernel_size: int = 3, stride: int = 1, image: int = 0) -> LessonFigure:
    """How large the result is, with and without a border of zeros."""
    size, side = _whole("size", size, 1, 28), _whole("kernel_size", kernel_size, 1, 27)
    stride = _whole("stride", stride, 1, 8)
    if side > size:
        raise ArgumentError(
            f"a {side}x{side} kernel does not fit a {size}x{size} image", hint=f"kernel_size={size}"
        )
    picture = _grey(image)[:size, :size]
    blur = np.full((side, side, 1, 1), 1 / side**2, np.float32)
    panels = [ImagePanel(f"image {size}x{size}", picture.astype(np.uint8))]
    for padding in ("valid", "same"):
        layer = layers.Conv2D(1, side, strides=stride, padding=padding, use_bias=False)
        result = _through(layer, picture, [blur])
        panels.append(ImagePanel(f'"{padding}" {len(result)}x{len(result)}', result))
    valid, same = (len(panel.pixels) for panel in panels[1:])
    words = (
        f'Without a border added ("valid"): ({size} - {side}) // {stride} + 1 = {valid} places in '
        f'each direction.\nWith a border of zeros ("same"): {same}.'
    )
    return LessonFigure(panels, words)


def pooling(image: int = 0, pool_size: int = 2, kind: str = "max") -> LessonFigure:
    """Each window of the image becomes one number."""
    size = _whole("pool_size", pool_size, 1, 28)
    kinds = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
    if kind not in kinds:
        raise UnknownNameError("kind of pooling", kind, kinds)
    picture = _grey(image)
    result = _through(kinds[kind](size), picture)
    patch = picture[12 : 12 + 4, 10 : 10 + 4]
    small = _through(kinds[kind](2), patch)
    what = "largest" if kind == "max" else "mean"
    words = (
        f"Of each {size}x{size} window only the {what} stays: 28x28 becomes "
        f"{len(result)}x{len(result)}, {picture.size} numbers become {result.size}. There is "
        "nothing to learn in it: no parameters."
    )
    panels = [
        ImagePanel("image 28x28", picture.astype(np.uint8)),
        ImagePanel(f"pooled {len(result)}x{len(result)}", result),
        ImagePanel("16 of its pixels", patch),
        ImagePanel("pooled 2x2", small),
    ]
    return LessonFigure(panels, words)


def dropout(image: int = 0, rate: float = 0.2, seed: int = 1) -> LessonFigure:
    """Some of the numbers become 0 in a training step; the others grow to make up for it."""
    if not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise ArgumentError(
            f"a dropout rate is a share from 0 to below 1. Received: rate={rate!r}", hint="rate=0.5"
        )
    picture = _grey(image)
    kept = np.random.default_rng(_whole("seed", seed, 0, 10**6)).random(picture.shape) >= rate
    result = np.where(kept, picture / (1 - rate), 0)
    words = (
        f"At a rate of {rate:g}, {picture.size - int(kept.sum())} of {picture.size} numbers became "
        f"0, others with every image and step. Those that stay are divided by {1 - rate:.3g}, so "
        "that their sum stays about the same. When the network is used, nothing is dropped."
    )
    return LessonFigure(
        [ImagePanel("as it is", picture.astype(np.uint8)), ImagePanel(f"rate {rate:g}", result)],
        words,
    )


def _through(layer: Layer, picture: Image, weights: list[Image] | None = None) -> Image:
    """What a layer makes of a grey image (h, w)."""
    model = Sequential([layers.Input((*picture.shape, 1)), layer])
    if weights:
        model.set_weights(weights)
    return model.predict(picture[None, ..., None], verbose=0)[0, ..., 0]


def _grey(number: int) -> Image:
    """A training image of Fashion-MNIST, 28x28, from 0 to 255."""
    number = _whole("image", number, 0, 59_999)
    return example_images.images("fashion-mnist").x_train[number, ..., 0].astype(np.float32)


def _pixels(image: NDArray[Any]) -> NDArray[Any]:
    return image[..., 0] if image.shape[-1] == 1 else image


def _kernel(given: Any) -> Image:
    if isinstance(given, str):
        if given not in KERNELS:
            raise UnknownNameError("kernel", given, KERNELS)
        given = KERNELS[given]
    values = np.asarray(given, np.float32).reshape(-1)
    if values.size != 9 or not np.isfinite(values).all():
        raise ArgumentError(
            f"a kernel has nine numbers here. Received: {given!r}",
            hint="kernel=1 0 -1 2 0 -2 1 0 -1",
        )
    return values.reshape(3, 3)


def _whole(name: str, value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ArgumentError(
            f"{name} is a whole number from {least} to {most}. Received: {name}={value!r}",
            hint=f"{name}={min(max(least, 1), most)}",
        )
    return value


def _signed(weight: float) -> str:
    return f"({weight:.3g})" if weight < 0 else f"{weight:.3g}"
