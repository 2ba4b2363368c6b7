"""Recipes of `utils` and `backend`."""

from pathlib import Path
from typing import Any

import numpy as np

from name_uses.inputs import IMAGES, LABELS, ROWS
from name_uses.steps import Recipes, make_model


def _dataset(library: Any, kind: Any) -> Any:
    class Batches(kind):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Any:
            part = slice(2 * index, 2 * index + 2)
            return ROWS[part], LABELS[part]

    model = make_model(library)
    model.compile("sgd", library.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model.evaluate(Batches(), verbose=0)


def _image_file(library: Any, _function: Any) -> Any:
    utils = library.utils
    utils.save_img("image.png", IMAGES[0] * 255, scale=False)
    image = utils.load_img("image.png", target_size=(4, 4))
    back = utils.img_to_array(utils.array_to_img(utils.img_to_array(image), scale=False))
    return [back, list(image.size)]


def _image_folder(library: Any, function: Any) -> Any:
    for number in range(6):
        Path(f"photos/{'ab'[number % 2]}").mkdir(parents=True, exist_ok=True)
        pixels = np.full((5, 5, 3), 20 * number, np.float32)
        library.utils.save_img(f"photos/{'ab'[number % 2]}/{number}.png", pixels, scale=False)
    found = function("photos", image_size=(5, 5), batch_size=4, shuffle=False)
    return [found.class_names, [[np.asarray(x), np.asarray(y)] for x, y in found]]


def _get_file(library: Any, function: Any) -> Any:
    Path("cache/datasets").mkdir(parents=True)
    Path("cache/datasets/there.txt").write_text("x", encoding="utf-8")
    return Path(function("there.txt", "https://example.org/there.txt", cache_dir="cache")).name


def _plot_model(library: Any, function: Any) -> Any:
    try:
        function(make_model(library), "net.png", show_shapes=True)
    except ImportError:  # Keras needs Graphviz
        return True
    return Path("net.png").stat().st_size > 0 or None


def _split_dataset(library: Any, function: Any) -> Any:
    left, right = function(ROWS, left_size=0.5)
    return [len(list(left)), len(list(right))]


def _seeded(library: Any, function: Any) -> Any:
    function(3)
    first = np.random.rand()
    function(3)
    return first == np.random.rand()


SPECIAL: Recipes = {
    "backend.backend": lambda _, function: isinstance(function(), str),
    "backend.clear_session": lambda _, function: function(),
    "backend.epsilon": lambda _, function: function(),
    "backend.floatx": lambda _, function: function(),
    "backend.get_uid": lambda _, function: [function("own"), function("own")],
    "backend.image_data_format": lambda _, function: function(),
    "backend.is_float_dtype": lambda _, function: [function("float32"), function("int8")],
    "backend.is_int_dtype": lambda _, function: [function("float32"), function("int8")],
    "backend.is_keras_tensor": lambda library, function: [
        bool(function(library.Input((3,)))),
        bool(function(ROWS)),
    ],
    "backend.set_epsilon": lambda _, function: function(1e-7),
    "backend.set_floatx": lambda _, function: function("float32"),
    "backend.set_image_data_format": lambda _, function: function("channels_last"),
    "backend.standardize_dtype": lambda _, function: [function(None), function(np.int32)],
    "utils.PyDataset": _dataset,
    "utils.Sequence": _dataset,
    "utils.array_to_img": _image_file,
    "utils.clear_session": lambda _, function: function(),
    "utils.get_file": _get_file,
    "utils.image_dataset_from_directory": _image_folder,
    "utils.img_to_array": _image_file,
    "utils.load_img": _image_file,
    "utils.normalize": lambda _, function: function(ROWS, axis=1),
    "utils.plot_model": _plot_model,
    "utils.save_img": _image_file,
    "utils.set_random_seed": _seeded,
    "utils.split_dataset": _split_dataset,
    "utils.to_categorical": lambda _, function: function(LABELS, 5),
}
