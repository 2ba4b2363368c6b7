"""The batches of an ImageDataGenerator: of arrays, of a folder, of a table."""

import sys
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion.compat.image_generators.image_files import SavedImages, image_files, is_image_file
from scallion.errors import ArgumentError, MissingFileError, UnknownNameError
from scallion.images.image_utils import img_to_array, load_img
from scallion.layers.base.argument_checks import require_channels_last
from scallion.models.training.pydataset import PyDataset

if TYPE_CHECKING:
    from scallion.compat.image_generators.generator import ImageDataGenerator

_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}
_CLASS_MODES = ("categorical", "binary", "sparse", "input", "multi_output", "raw", None)


class Iterator(PyDataset):
    """Batches without end for `next()`, and by index for `fit`, in Keras' random order."""

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        super().__init__()
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ArgumentError(
                f"`batch_size` must be an integer of at least 1. Received: {batch_size!r}",
                hint="batch_size=32",
                field="batch_size",
                value=batch_size,
            )
        self.n, self.batch_size, self.shuffle, self.seed = n, int(batch_size), shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self.index_array: np.ndarray | None = None

    @abstractmethod
    def batch_of(self, indices: np.ndarray) -> Any:
        """Return the batch of these images."""

    @property
    def reshuffles(self) -> bool:
        """Whether each pass has another order, so that predictions match labels of none."""
        return self.shuffle

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"there are {len(self)} batches. Received: index {index}")
        self._reseed()
        order = self._draw_order() if self.index_array is None else self.index_array
        return self.batch_of(order[self.batch_size * index : self.batch_size * (index + 1)])

    def __iter__(self) -> "Iterator":
        return self

    def __next__(self) -> Any:
        if not self.n:
            raise StopIteration
        self._reseed()
        order = self.index_array
        if self.batch_index == 0 or order is None:
            order = self._draw_order()
        start = self.batch_index * self.batch_size
        self.batch_index = self.batch_index + 1 if start + self.batch_size < self.n else 0
        return self.batch_of(order[start : start + self.batch_size])

    next = __next__

    def _reseed(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)
        self.total_batches_seen += 1

    def _draw_order(self) -> np.ndarray:
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)
        return self.index_array

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._draw_order()

    def reset(self) -> None:
        """Start again with the first batch."""
        self.batch_index = 0


class NumpyArrayIterator(Iterator):
    """Batches of arrays in memory."""

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: "ImageDataGenerator",
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        require_channels_last(data_format)
        self.image_data_generator = image_data_generator
        self.save_to = SavedImages(save_to_dir, save_prefix, save_format)
        kind = image_data_generator.dtype if dtype is None else dtype
        images, *others = x if isinstance(x, tuple | list) else (x,)
        self.x = np.asarray(images, kind)
        listed = others[0] if others and isinstance(others[0], list) else others
        self.x_misc = [np.asarray(one) for one in listed]
        self.y = None if y is None else np.asarray(y)
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        self._check_lengths()
        if subset is not None:
            self._take(subset, ignore_class_split)
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _check_lengths(self) -> None:
        if self.x.ndim != 4:
            raise ArgumentError(
                f"`x` must be images (n, height, width, channels). Received: {self.x.shape}",
                hint="x[..., None] for grey images",
                field="x",
                value=self.x.shape,
            )
        named = {"y": self.y, "sample_weight": self.sample_weight}
        for name, array in [*named.items(), *[("x", one) for one in self.x_misc]]:
            if array is not None and len(array) != len(self.x):
                raise ArgumentError(
                    f"`{name}` needs one entry per image, {len(self.x)}. Received: {len(array)}",
                    hint="give arrays of the same length",
                    field=name,
                    value=len(array),
                )

    def _take(self, subset: str, ignore_class_split: bool) -> None:
        start, stop = _part(subset, len(self.x), self.image_data_generator)
        cut = stop if subset == "validation" else start
        labels = self.y
        if labels is not None and not ignore_class_split:
            classes = [np.unique(part).tolist() for part in (labels[:cut], labels[cut:])]
            if classes[0] != classes[1]:
                raise ArgumentError(
                    "the training and validation images have different classes. "
                    f"Received: {len(classes[1])} and {len(classes[0])} classes",
                    hint="shuffle images and labels first",
                )
        self.x, self.x_misc = self.x[start:stop], [one[start:stop] for one in self.x_misc]
        self.y = None if labels is None else labels[start:stop]
        if self.sample_weight is not None:
            self.sample_weight = self.sample_weight[start:stop]

    def batch_of(self, indices: np.ndarray) -> Any:
        """Return the images, the labels and the weights of these indices, as far as given."""
        generator = self.image_data_generator
        batch = np.zeros((len(indices), *self.x.shape[1:]), self.x.dtype)
        for place, index in enumerate(indices):
            batch[place] = generator.standardize(generator.random_transform(self.x[index]))
        self.save_to.save(batch, indices)
        images = [batch, *(one[indices] for one in self.x_misc)] if self.x_misc else batch
        if self.y is None:
            return images
        weights = () if self.sample_weight is None else (self.sample_weight[indices],)
        return (images, self.y[indices], *weights)


class _FileIterator(Iterator):
    """Batches of image files: the common part of folders and tables."""

    filepaths: list[str]
    filenames: list[str]
    classes: np.ndarray
    class_indices: dict[str, int]
    labels: Any = None
    sample_weight: np.ndarray | None = None

    def _prepare(  # Keras' arguments for all image files
        self,
        generator: "ImageDataGenerator",
        class_mode: str | None,
        target_size: Sequence[int] = (256, 256),
        color_mode: str = "rgb",
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> None:
        if color_mode not in _CHANNELS:
            raise UnknownNameError("color mode", color_mode, tuple(_CHANNELS))
        if class_mode not in _CLASS_MODES:
            raise UnknownNameError("class mode", class_mode, [str(one) for one in _CLASS_MODES])
        self.image_data_generator, self.class_mode = generator, class_mode
        self.target_size = (int(target_size[0]), int(target_size[1]))
        self.color_mode, self.interpolation = color_mode, interpolation
        self.keep_aspect_ratio = keep_aspect_ratio
        self.image_shape = (*self.target_size, _CHANNELS[color_mode])
        self.save_to = SavedImages(save_to_dir, save_prefix, save_format)

    def batch_of(self, indices: np.ndarray) -> Any:
        """Return the images and the labels of these indices."""
        generator = self.image_data_generator
        batch = np.zeros((len(indices), *self.image_shape), generator.dtype)
        for place, index in enumerate(indices):
            image = load_img(
                self.filepaths[index],
                self.color_mode,
                self.target_size,
                self.interpolation,
                self.keep_aspect_ratio,
            )
            batch[place] = generator.standardize(generator.random_transform(img_to_array(image)))
        self.save_to.save(batch, indices)
        labels = self._labels(batch, indices)
        if labels is None:
            return batch
        if self.sample_weight is None:
            return batch, labels
        return batch, labels, self.sample_weight[indices]

    def _labels(self, batch: np.ndarray, indices: np.ndarray) -> Any:
        if self.class_mode == "input":
            return batch.copy()
        if self.class_mode in ("binary", "sparse"):
            return self.classes[indices].astype(batch.dtype)
        if self.class_mode == "categorical":
            return np.eye(len(self.class_indices), dtype=batch.dtype)[self.classes[indices]]
        if self.class_mode == "multi_output":
            return [output[indices] for output in self.labels]
        return self.labels[indices] if self.class_mode == "raw" else None


class DirectoryIterator(_FileIterator):
    """Batches of the images in a folder with one folder per class."""

    def __init__(
        self,
        directory: Any,
        image_data_generator: "ImageDataGenerator",
        *,
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        follow_links: bool = False,
        subset: str | None = None,
        **options: Any,
    ) -> None:
        self._prepare(image_data_generator, class_mode, **options)
        self.directory = str(directory)
        folder = Path(directory)
        if not folder.is_dir():
            raise MissingFileError(
                f"folder {str(directory)!r} does not exist",
                hint="a folder with one folder of images per class",
            )
        names = list(classes or sorted(path.name for path in folder.iterdir() if path.is_dir()))
        self.num_classes = len(names)
        self.class_indices = {name: index for index, name in enumerate(names)}
        self.filenames, labels = [], []
        for name in names:
            found = image_files(folder / name, follow_links)
            if subset is not None:
                start, stop = _part(subset, len(found), image_data_generator)
                found = found[start:stop]
            self.filenames += [str(path.relative_to(folder)) for path in found]
            labels += [self.class_indices[name]] * len(found)
        self.classes = self.labels = np.array(labels, np.int32)
        self.filepaths = [str(folder / name) for name in self.filenames]
        self.samples = len(self.filenames)
        _say(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        super().__init__(self.samples, batch_size, shuffle, seed)


class DataFrameIterator(_FileIterator):
    """Batches of the images that a table names: a pandas DataFrame, or a dict of columns."""

    def __init__(
        self,
        dataframe: Any,
        directory: Any,
        image_data_generator: "ImageDataGenerator",
        *,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        subset: str | None = None,
        validate_filenames: bool = True,
        **options: Any,
    ) -> None:
        self._prepare(image_data_generator, class_mode, **options)
        self.directory = "" if directory is None else str(directory)
        names = [str(one) for one in _column(dataframe, x_col)]
        rows = np.arange(len(names))
        if validate_filenames:
            rows = np.array(
                [row for row in rows if is_image_file(Path(self.directory, names[row]))], np.int64
            )
        has_classes, texts = class_mode in ("categorical", "binary", "sparse"), list[str]()
        if has_classes:
            texts = [str(one) for one in _column(dataframe, y_col)]
            known = list(classes or sorted({texts[row] for row in rows}))
            self.class_indices = {name: index for index, name in enumerate(known)}
            rows = np.array([row for row in rows if texts[row] in self.class_indices], np.int64)
        if subset is not None:
            start, stop = _part(subset, len(rows), image_data_generator)
            rows = rows[start:stop]
        self.filenames = [names[row] for row in rows]
        self.filepaths = [str(Path(self.directory, name)) for name in self.filenames]
        if has_classes:
            numbers = [self.class_indices[texts[row]] for row in rows]
            self.classes = self.labels = np.array(numbers, np.int32)
        elif class_mode == "multi_output":
            self.labels = [np.array(list(_column(dataframe, one)))[rows] for one in y_col]
        elif class_mode == "raw":
            self.labels = _raw_columns(dataframe, y_col)[rows]
        if weight_col is not None:
            self.sample_weight = np.asarray(_column(dataframe, weight_col))[rows]
        self.samples = len(self.filenames)
        kind = "validated" if validate_filenames else "non-validated"
        known = getattr(self, "class_indices", None)
        about = "" if known is None else f" belonging to {len(known)} classes"
        _say(f"Found {self.samples} {kind} image filenames{about}.")
        super().__init__(self.samples, batch_size, shuffle, seed)


def _say(line: str) -> None:
    """Print a line as Keras does."""
    sys.stdout.write(f"{line}\n")


def _part(subset: str, count: int, generator: "ImageDataGenerator") -> tuple[int, int]:
    """Return where a subset starts and stops: Keras takes the first images for validation."""
    if subset not in ("training", "validation"):
        raise UnknownNameError("subset", subset, ("training", "validation"))
    cut = int(count * generator.validation_split)
    return (0, cut) if subset == "validation" else (cut, count)


def _column(table: Any, name: Any) -> Any:
    try:
        return table[name]
    except (KeyError, TypeError, ValueError):
        raise ArgumentError(
            f"the table has no column {name!r}",
            hint=f"x_col and y_col name columns: {', '.join(map(str, list(table)[:8]))}",
            field="dataframe",
            value=name,
        ) from None


def _raw_columns(table: Any, names: Any) -> np.ndarray:
    if isinstance(names, list | tuple):
        return np.stack([np.asarray(_column(table, one)) for one in names], axis=1)
    return np.asarray(_column(table, names))
