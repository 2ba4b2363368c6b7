"""A folder of small images, and what `image_dataset_from_directory` reads from it."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

OPTIONS: dict[str, dict[str, Any]] = {
    "seed": {"seed": 3},
    "still": {"shuffle": False},
    "both": {"seed": 1, "validation_split": 0.3, "subset": "both"},
    "validation": {"seed": 1, "validation_split": 0.3, "subset": "validation"},
    "nearest": {"shuffle": False, "label_mode": "categorical", "interpolation": "nearest"},
    "crop": {"shuffle": False, "crop_to_aspect_ratio": True},
    "pad": {"shuffle": False, "pad_to_aspect_ratio": True},
    "rgba": {"shuffle": False, "color_mode": "rgba"},
    "grey": {"shuffle": False, "color_mode": "grayscale"},
}


def write_images(root: Path) -> None:
    """Write three classes of 7, 5 and 4 images with sides of 9 to 39 pixels."""
    random = np.random.default_rng(0)
    for name, count in (("cat", 7), ("dog", 5), ("fish", 4)):
        (root / name).mkdir()
        for number in range(count):
            height, width = random.integers(9, 40, 2)
            pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")


def read_datasets(keras: Any, root: Path) -> dict[str, np.ndarray]:
    """Return paths in their order, and pixels and labels where they are not shuffled."""
    found: dict[str, np.ndarray] = {}
    for option, arguments in OPTIONS.items():
        datasets = keras.utils.image_dataset_from_directory(
            str(root), image_size=(16, 12), batch_size=4, verbose=False, **arguments
        )
        for number, dataset in enumerate(datasets if isinstance(datasets, list) else [datasets]):
            key = f"{option} {number}"
            paths = [str(Path(path).relative_to(root)) for path in dataset.file_paths]
            found[f"{key} paths"] = np.array(paths)
            if arguments.get("shuffle") is False:
                images, labels = zip(*dataset, strict=True)
                found[f"{key} x"] = np.concatenate([np.asarray(x) for x in images])
                found[f"{key} y"] = np.concatenate([np.asarray(y) for y in labels])
    return found
