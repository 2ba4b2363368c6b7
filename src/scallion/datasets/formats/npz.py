"""Read images and labels from a `.npz` file, without unpickling."""

from pathlib import Path

from scallion.datasets.array_checks import as_dataset
from scallion.datasets.dataset_arrays import DatasetArrays
from scallion.datasets.formats.array_archive import open_npz, require_memory
from scallion.datasets.split_names import find_splits
from scallion.files import StrPath


def load_npz(path: StrPath) -> DatasetArrays:
    """Return the images and labels of a `.npz` file: `x_train y_train`, or `x y`, and other splits.

    Splits are `x_val y_val` and `x_test y_test`; names such as `val_images val_labels` are found,
    too, and `unused` names all other arrays. Images are numeric, (n, h, w) or (n, h, w, c); labels
    are integers from 0, (n,) or (n, 1). An array `class_names` names the classes in order; without
    it their names are 0, 1, 2 and so on. Sizes are checked against the file and the free memory
    before anything is read. Raises MissingFileError, FileError for a damaged or too large file,
    DataError for other arrays.
    """
    path = Path(path)
    with open_npz(path) as archive:
        splits = find_splits(archive.names, str(path))
        keys = [name for name in archive.names if name not in splits.unused]
        require_memory(sum(archive.header(key).bytes for key in keys), path)
        arrays = {key: archive.read(key) for key in keys}
    return as_dataset(arrays, path.stem, splits)
