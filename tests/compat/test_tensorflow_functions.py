"""Functions of TensorFlow on arrays and datasets give what they give there.

`scripts/expectations_tensorflow.py` writes `tensorflow_functions.json` with TensorFlow 2.21.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tensorflow_cases as cases
from scallion.compat import module_aliases
from scallion.errors import ArgumentError, DataError, MissingFileError, UnsupportedError
from scallion.layers import Input
from scallion.models import Model

WANTED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "tensorflow_functions.json").read_text(encoding="utf-8")
)


@pytest.fixture
def tf() -> Iterator[Any]:
    """TensorFlow's names."""
    module_aliases.install()
    import tensorflow

    yield tensorflow
    module_aliases.uninstall()


@pytest.mark.parametrize("group", WANTED)
def test_every_case_has_an_expectation_from_tensorflow(group: str) -> None:
    assert sorted(WANTED[group]) == sorted(getattr(cases, group))


@pytest.mark.parametrize("name", [*WANTED["ARRAYS"], *WANTED["IMAGES"]])
def test_a_function_returns_what_tensorflow_returns(name: str, tf: Any) -> None:
    group = "ARRAYS" if name in WANTED["ARRAYS"] else "IMAGES"
    wanted = WANTED[group][name]
    found = cases.recorded(getattr(cases, group)[name](tf))
    assert (found["dtype"], found["shape"]) == (wanted["dtype"], wanted["shape"])
    if found["dtype"] == "string":
        assert found["values"] == wanted["values"]
        return
    most = max(1e-3, *np.abs(wanted["values"]))
    tolerance = 2e-5 * most if found["dtype"].startswith("float") else 0
    np.testing.assert_allclose(found["values"], wanted["values"], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", WANTED["DATASETS"])
def test_a_dataset_yields_what_it_yields_in_tensorflow(name: str, tf: Any) -> None:
    assert json.loads(json.dumps(cases.DATASETS[name](tf))) == WANTED["DATASETS"][name]


def test_images_are_loaded_from_paths_in_a_map(tmp_path: Path, tf: Any) -> None:
    for kind in ("cats", "dogs"):
        (tmp_path / kind).mkdir()
        for number in range(3):
            Image.new("RGB", (8, 6), (number, 0, kind == "dogs")).save(
                tmp_path / kind / f"{number}.jpg"
            )
    names = np.array(["cats", "dogs"])
    listed = tf.data.Dataset.list_files(str(tmp_path / "*/*.jpg"), shuffle=False)

    def load(path: Any) -> Any:
        parts = tf.strings.split(path, "/")
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.image.resize(image, [4, 4]), tf.argmax(parts[-2] == names)

    dataset = listed.map(load).batch(4)
    assert dataset.element_spec[0].shape == (None, 4, 4, 3)
    assert [(x.shape, y.numpy().tolist()) for x, y in dataset] == [
        ((4, 4, 4, 3), [0, 0, 0, 1]),
        ((2, 4, 4, 3), [1, 1]),
    ]
    assert next(iter(listed)).numpy() == str(tmp_path / "cats" / "0.jpg").encode()
    again = tf.data.Dataset.list_files(str(tmp_path / "*/*.jpg"), seed=3)
    assert sorted(again.as_numpy_iterator()) == sorted(listed.as_numpy_iterator())


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("random_brightness", (0.2,)),
        ("random_contrast", (0.5, 1.5)),
        ("random_flip_left_right", ()),
        ("random_flip_up_down", ()),
        ("random_hue", (0.2,)),
        ("random_saturation", (0.5, 1.5)),
        ("random_crop", ((4, 4, 3),)),
    ],
)
def test_random_functions_draw_once_per_call(
    name: str, arguments: tuple[Any, ...], tf: Any
) -> None:
    draws = [getattr(tf.image, name)(cases.FLOATS, *arguments) for _ in range(12)]
    assert len({draw.numpy().tobytes() for draw in draws}) > 1
    assert {draw.dtype.name for draw in draws} == {"float32"}
    seeded = [
        getattr(tf.image, f"stateless_{name}")(cases.FLOATS, *arguments, seed=(1, 2))
        for _ in range(2)
    ]
    assert (seeded[0] == seeded[1]).all()


def test_each_image_of_a_batch_is_flipped_by_its_own_draw(tf: Any) -> None:
    images = np.broadcast_to(cases.FLOATS, (64, *cases.FLOATS.shape))
    flipped = tf.image.random_flip_left_right(images).numpy()
    counts = (flipped == images).all((1, 2, 3)).sum()
    assert 0 < counts < 64
    assert ((flipped == images) | (flipped == images[:, :, ::-1])).all()


def test_symbolic_tensors_become_layers(tf: Any) -> None:
    x = Input((8, 8, 3))
    y = tf.image.grayscale_to_rgb(tf.image.rgb_to_grayscale(tf.image.resize(x, (4, 4))))
    images = np.random.default_rng(0).random((2, 8, 8, 3)).astype("float32")
    wanted = tf.image.grayscale_to_rgb(tf.image.rgb_to_grayscale(tf.image.resize(images, (4, 4))))
    np.testing.assert_allclose(Model(x, y).predict(images, verbose=0), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda tf: tf.io.read_file("no.png"), MissingFileError, "no.png"),
        (lambda tf: tf.io.decode_png(b"no image"), OSError, "cannot read"),
        (lambda tf: tf.io.decode_jpeg(cases.JPEG, channels=4), ArgumentError, "channels=3"),
        (lambda tf: tf.image.resize(cases.FLOATS, (0, 4)), ArgumentError, "size=(64, 64)"),
        (lambda tf: tf.image.resize(cases.FLOATS[0], (4, 4)), ValueError, "newaxis"),
        (lambda tf: tf.image.resize(cases.FLOATS, (4, 4), "cubic"), TypeError, "bicubic"),
        (lambda tf: tf.image.rgb_to_grayscale(cases.GRAY), ValueError, "grayscale_to_rgb"),
        (lambda tf: tf.image.central_crop(cases.FLOATS, 0), ArgumentError, "central_fraction"),
        (lambda tf: tf.image.random_crop(cases.FLOATS, (9, 9, 3)), ValueError, "[5, 6, 3]"),
        (lambda tf: tf.image.ssim(1, 2, 3), AttributeError, "tensorflow.image.ssim"),
        (lambda tf: tf.strings.split(["a/b"], "/"), UnsupportedError, "map"),
        (lambda tf: tf.data.Dataset.list_files("no/*.png"), MissingFileError, "no/*.png"),
        (lambda tf: tf.data.Dataset.range(3).shard(2, 2), ArgumentError, "num_shards"),
        (lambda tf: tf.data.Dataset.range(3).snapshot("x"), AttributeError, "cache"),
        (lambda tf: tf.data.Dataset.load("x"), AttributeError, "cache"),
        (lambda tf: tf.data.Dataset.range(3).bach(2), AttributeError, "Dataset.batch"),
        (lambda tf: tf.data.Dataset.range(3).get_single_element(), DataError, "batch"),
        (lambda tf: tf.data.Dataset.range(0).map(abs).element_spec.shape, None, ""),
    ],
    ids=range(18),
)
def test_errors_name_the_value_and_what_to_do(
    call: Any, error: type[Exception] | None, text: str, tf: Any
) -> None:
    if error is None:
        assert call(tf) == ()
        return
    with pytest.raises(error) as caught:
        call(tf)
    assert text in str(caught.value)


def test_elements_of_another_shape_than_the_signature_are_refused(tf: Any) -> None:
    dataset = tf.data.Dataset.from_generator(
        lambda: iter([[1, 2]]), output_signature=tf.TensorSpec((3,), tf.float32)
    )
    with pytest.raises(ArgumentError, match=r"signature, \(3,\). Received: \(2,\)"):
        next(iter(dataset))


def test_options_and_seeds_are_accepted(tf: Any) -> None:
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    options.deterministic = False
    assert len(tf.data.Dataset.range(3).with_options(options)) == 3
    seeds = tf.random.split((1, 2), num=3)
    assert seeds.shape == (3, 2)
    assert (seeds == tf.random.split((1, 2), num=3)).all()
    assert tf.random.Generator.from_seed(3).make_seeds(2).shape == (2, 2)
