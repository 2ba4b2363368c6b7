"""Geometry and colour of one image (H, W, C), as ImageDataGenerator changes them."""

from typing import Any

import numpy as np
from PIL import ImageEnhance

from scallion.errors import UnknownNameError, UnsupportedError
from scallion.images.image_utils import array_to_img, img_to_array

FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def affine_matrix(
    theta: float = 0, tx: float = 0, ty: float = 0, shear: float = 0, zx: float = 1, zy: float = 1
) -> np.ndarray | None:
    """Return the matrix (3, 3) from output to input positions (row, column, 1); None for none.

    Angles are in degrees and shifts in pixels. The steps are rotation, shift, shear and zoom.
    """
    turn, slant = np.deg2rad(theta), np.deg2rad(shear)
    steps: list[list[list[float]]] = []
    if theta:
        cos, sin = float(np.cos(turn)), float(np.sin(turn))
        steps.append([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    if tx or ty:
        steps.append([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear:
        steps.append([[1, -float(np.sin(slant)), 0], [0, float(np.cos(slant)), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        steps.append([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    if not steps:
        return None
    matrix = np.eye(3)
    for step in steps:
        matrix = matrix @ np.array(step, np.float64)
    return matrix


def centred(matrix: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the matrix with its origin at the centre of an image, for (row, column) positions.

    Keras puts the origin at (height / 2 - 1/2, width / 2 - 1/2) of (x, y) positions and then swaps
    both axes, so that the origin is exact only for square images; this does the same.
    """
    origin = np.array([height / 2 - 0.5, width / 2 - 0.5])
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = origin, -origin
    swapped = there @ matrix @ back
    return swapped[np.ix_([1, 0, 2], [1, 0, 2])]


def transform(
    x: np.ndarray, matrix: np.ndarray, fill_mode: str = "nearest", cval: float = 0.0, order: int = 1
) -> np.ndarray:
    """Return the image (H, W, C) with its pixels taken from the positions of the matrix.

    Order 1 interpolates bilinearly and 0 takes the nearest pixel, as SciPy's `affine_transform`
    does. Raises UnknownNameError for another fill mode, UnsupportedError for another order.
    """
    if fill_mode not in FILL_MODES:
        raise UnknownNameError("fill mode", fill_mode, FILL_MODES)
    if order not in (0, 1):
        raise UnsupportedError(
            f"images are interpolated by order 0 or 1. Received: interpolation_order={order}",
            hint="interpolation_order=1",
            field="interpolation_order",
            value=order,
        )
    height, width, _ = x.shape
    grid = np.mgrid[0:height, 0:width].reshape(2, -1)
    rows, columns = matrix[:2, :2] @ grid + matrix[:2, 2:]
    inside = np.ones(rows.shape, bool)
    if fill_mode == "constant":
        inside = (rows >= 0) & (rows <= height - 1) & (columns >= 0) & (columns <= width - 1)
    rows, columns = (
        _folded(one, side, fill_mode) for one, side in ((rows, height), (columns, width))
    )
    if order == 0:
        nearest = np.floor(rows + 0.5), np.floor(columns + 0.5)
        row, column = (
            _index(one, side, fill_mode) for one, side in zip(nearest, (height, width), strict=True)
        )
        picked = x[row, column].astype(np.float64)
    else:
        picked = _bilinear(x, rows, columns, fill_mode)
    picked[~inside] = cval
    return picked.reshape(x.shape).astype(x.dtype)


def _folded(positions: np.ndarray, side: int, fill_mode: str) -> np.ndarray:
    """Return positions moved into the image, or next to its border."""
    if fill_mode == "wrap":
        # SciPy's period is one pixel shorter than the image: the first and the last one coincide.
        period = max(side - 1, 1)
        outside = (positions < 0) | (positions > side - 1)
        return np.where(outside, positions % period, positions)
    if fill_mode == "reflect":
        folded = (positions + 0.5) % (2 * side)
        return np.minimum(folded, 2 * side - folded) - 0.5
    return np.clip(positions, 0, side - 1)


def _index(positions: np.ndarray, side: int, fill_mode: str) -> np.ndarray:
    index = positions.astype(np.int64)
    if fill_mode == "reflect":
        index = np.where(index < 0, -index - 1, index)
        index = np.where(index >= side, 2 * side - 1 - index, index)
    return np.clip(index, 0, side - 1)


def _bilinear(x: np.ndarray, rows: np.ndarray, columns: np.ndarray, fill_mode: str) -> np.ndarray:
    height, width, _ = x.shape
    top, left = np.floor(rows), np.floor(columns)
    down, right = (rows - top)[:, None], (columns - left)[:, None]
    above, below = (_index(top + step, height, fill_mode) for step in (0, 1))
    before, after = (_index(left + step, width, fill_mode) for step in (0, 1))
    wide = x.astype(np.float64)
    upper = wide[above, before] * (1 - right) + wide[above, after] * right
    lower = wide[below, before] * (1 - right) + wide[below, after] * right
    return upper * (1 - down) + lower * down


def shift_channels(x: np.ndarray, intensity: float) -> np.ndarray:
    """Add a value to all channels, within the smallest and the largest value of the image."""
    return np.clip(x + intensity, x.min(), x.max()).astype(x.dtype)


def change_brightness(x: np.ndarray, factor: float) -> np.ndarray:
    """Multiply by a factor, as 8-bit values: pixels outside 0 to 255 are scaled there and back."""
    low, high = x.min(), x.max()
    is_scaled = bool(low < 0 or high > 255)
    image: Any = ImageEnhance.Brightness(array_to_img(x, scale=is_scaled)).enhance(factor)
    changed = img_to_array(image)
    return changed / 255 * (high - low) + low if is_scaled else changed
