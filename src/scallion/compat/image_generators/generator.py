"""`ImageDataGenerator`: random geometry and colour, and statistics, for arrays and files."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from scallion.compat.image_generators.iterators import (
    DataFrameIterator,
    DirectoryIterator,
    NumpyArrayIterator,
)
from scallion.compat.image_generators.transforms import (
    affine_matrix,
    centred,
    change_brightness,
    shift_channels,
    transform,
)
from scallion.errors import ArgumentError
from scallion.layers.base.argument_checks import require_channels_last

_EPSILON = 1e-6  # Keras': it keeps divisions by a standard deviation finite.


class ImageDataGenerator:
    """Augments images while a model trains, with Keras' arguments and random numbers.

    Random parameters are drawn from NumPy's global generator, in Keras' order, so that a seed
    gives the same images. `flow`, `flow_from_directory` and `flow_from_dataframe` return batches
    for `fit`. New code should use `image_dataset_from_directory` and augmentation layers, which
    are faster.
    """

    def __init__(  # over 60 lines with its checks: Keras has 23 arguments
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        require_channels_last(data_format)
        is_number = isinstance(validation_split, int | float | np.number)
        if validation_split and not (is_number and 0 < validation_split < 1):
            raise ArgumentError(
                "`validation_split` must be between 0 and 1. "
                f"Received: validation_split={validation_split!r}",
                hint="validation_split=0.2",
                field="validation_split",
                value=validation_split,
            )
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.featurewise_center = (
            featurewise_center or zca_whitening or self.featurewise_std_normalization
        )
        self.samplewise_std_normalization = samplewise_std_normalization
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.brightness_range = _pair("brightness_range", brightness_range)
        self.zoom_range = _zoom_range(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.data_format = "channels_last"
        self.dtype = "float32" if dtype is None else dtype
        self.validation_split = validation_split
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.zca_whitening_matrix: np.ndarray | None = None

    def flow(self, x: Any, y: Any = None, batch_size: int = 32, **options: Any) -> Any:
        """Return batches of arrays: images (n, H, W, C), labels, and weights if given.

        Options are Keras': shuffle, sample_weight, seed, subset, ignore_class_split, save_to_dir,
        save_prefix, save_format.
        """
        return NumpyArrayIterator(x, y, self, batch_size=batch_size, **options)

    def flow_from_directory(self, directory: Any, **options: Any) -> DirectoryIterator:
        """Return batches of the images in a folder with one folder per class.

        Options are Keras': target_size, color_mode, classes, class_mode, batch_size, shuffle, seed,
        subset, interpolation, keep_aspect_ratio, follow_links, save_to_dir, save_prefix,
        save_format. Raises MissingFileError.
        """
        return DirectoryIterator(directory, self, **options)

    def flow_from_dataframe(
        self, dataframe: Any, directory: Any = None, **options: Any
    ) -> DataFrameIterator:
        """Return batches of the images that a table names, with the labels in its columns.

        Options are those of `flow_from_directory`, x_col, y_col, weight_col and validate_filenames.
        """
        return DataFrameIterator(dataframe, directory, self, **options)

    def get_random_transform(
        self, img_shape: Sequence[int], seed: int | None = None
    ) -> dict[str, Any]:
        """Draw the parameters of `apply_transform` for an image of this shape, in Keras' order."""
        if seed is not None:
            np.random.seed(seed)
        uniform = np.random.uniform
        theta = uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        tx = _shift(self.height_shift_range, img_shape[0])
        ty = _shift(self.width_shift_range, img_shape[1])
        shear = uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = (1, 1) if tuple(self.zoom_range) == (1, 1) else uniform(*self.zoom_range, 2)
        flips = [np.random.random() < 0.5 for _ in range(2)]
        shift, factors = self.channel_shift_range, self.brightness_range
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flips[0] * self.horizontal_flip,
            "flip_vertical": flips[1] * self.vertical_flip,
            "channel_shift_intensity": uniform(-shift, shift) if shift else None,
            "brightness": None if factors is None else uniform(*factors),
        }

    def apply_transform(self, x: Any, transform_parameters: Mapping[str, Any]) -> np.ndarray:
        """Return an image (H, W, C) changed by parameters of `get_random_transform`."""
        image = np.asarray(x)
        given = transform_parameters
        names = {"theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1}
        matrix = affine_matrix(**{name: given.get(name, usual) for name, usual in names.items()})
        if matrix is not None:
            matrix = centred(matrix, image.shape[0], image.shape[1])
            image = transform(image, matrix, self.fill_mode, self.cval, self.interpolation_order)
        if given.get("channel_shift_intensity") is not None:
            image = shift_channels(image, given["channel_shift_intensity"])
        if given.get("flip_horizontal"):
            image = image[:, ::-1]
        if given.get("flip_vertical"):
            image = image[::-1]
        if given.get("brightness") is not None:
            image = change_brightness(image, given["brightness"])
        return image

    def random_transform(self, x: Any, seed: int | None = None) -> np.ndarray:
        """Return an image changed by parameters that are drawn."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def standardize(self, x: Any) -> Any:
        """Return an image or a batch with the generator's function, factor and statistics applied.

        Warns where `fit` has to compute the statistics first.
        """
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        x = np.array(x, np.result_type(x, np.float32))
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + _EPSILON
        if self._is_fitted("featurewise_center", self.mean):
            x -= self.mean
        if self._is_fitted("featurewise_std_normalization", self.std):
            x /= cast("np.ndarray", self.std) + _EPSILON
        if self._is_fitted("zca_whitening", self.zca_whitening_matrix):
            flat = x.reshape(-1, int(np.prod(x.shape[-3:])))
            x = (flat @ cast("np.ndarray", self.zca_whitening_matrix)).reshape(x.shape)
        return x

    def _is_fitted(self, name: str, statistics: np.ndarray | None) -> bool:
        wanted = bool(getattr(self, name))
        if wanted and statistics is None:
            warnings.warn(
                f"ImageDataGenerator({name}=True) has no statistics yet\n"
                "hint: generator.fit(training_images)",
                stacklevel=3,
            )
        return wanted and statistics is not None

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Compute the statistics over images (n, H, W, C), augmented `rounds` times if asked.

        Raises ArgumentError for another number of axes.
        """
        images = np.array(x, self.dtype)
        if images.ndim != 4:
            raise ArgumentError(
                f"`fit` takes images (n, height, width, channels). Received: {images.shape}",
                hint="images[..., None] for grey ones",
                field="x",
                value=images.shape,
            )
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            images *= self.rescale
        if augment:
            rows = [self.random_transform(image) for _ in range(rounds) for image in images]
            images = np.stack(rows).astype(self.dtype)
        if self.featurewise_center:
            self.mean = np.mean(images, (0, 1, 2)).reshape(1, 1, -1)
            images -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(images, (0, 1, 2)).reshape(1, 1, -1)
            images /= cast("np.ndarray", self.std) + _EPSILON
        if self.zca_whitening:
            flat = images.reshape(len(images), -1)
            u, s, _ = np.linalg.svd(flat.T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(images)) / (s + self.zca_epsilon))) @ u.T


def _shift(extent: Any, side: int) -> Any:
    """Draw a shift: an element of a list or below an integer, or a part of the side."""
    if not np.any(extent):
        return 0
    try:
        shift = np.random.choice(extent) * np.random.choice([-1, 1])
    except ValueError:
        shift = np.random.uniform(-extent, extent)
    return shift * side if np.max(extent) < 1 else shift


def _pair(name: str, values: Any) -> tuple[float, float] | None:
    if values is None:
        return None
    if not isinstance(values, list | tuple) or len(cast("Sequence[Any]", values)) != 2:
        raise ArgumentError(
            f"`{name}` must be two numbers. Received: {name}={values!r}",
            hint=f"{name}=(0.8, 1.2)",
            field=name,
            value=values,
        )
    low, high = cast("Sequence[Any]", values)
    return float(low), float(high)


def _zoom_range(value: Any) -> tuple[float, float]:
    if isinstance(value, int | float | np.number):
        return 1 - float(value), 1 + float(value)
    return cast("tuple[float, float]", _pair("zoom_range", value))
