#!/usr/bin/env python3
"""Write tests/images/keras_folders.npz: what Keras on TensorFlow reads from an image folder.

Needs tensorflow: `python scripts/expectations_folders.py`.
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "kit"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> None:
    import keras

    import image_folders

    path = ROOT / "tests" / "images" / "keras_folders.npz"
    with tempfile.TemporaryDirectory() as place:
        image_folders.write_images(Path(place))
        found = image_folders.read_datasets(keras, Path(place))
    np.savez_compressed(path, source=f"Keras {keras.__version__} on TensorFlow", **found)
    print(f"{len(found)} arrays in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
