"""Calls of TensorFlow's functions on small arrays; `tf` is TensorFlow, or its names in Scallion."""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

_random = np.random.default_rng(0)
FLOATS = _random.random((5, 6, 3)).astype("float32")
BYTES = _random.integers(0, 256, (5, 6, 3), np.uint8)
BATCH = _random.random((2, 4, 3, 3)).astype("float32")
GRAY = _random.random((4, 3, 1)).astype("float32")

Case = Callable[[Any], Any]


def file(kind: str, pixels: np.ndarray, **options: Any) -> bytes:
    """Return the bytes of an image file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


_RGBA = np.concatenate([BYTES, BYTES[..., :1]], -1)
FILES = {
    "png": file("PNG", BYTES),
    "png with transparency": file("PNG", _RGBA),
    "grey png": file("PNG", BYTES[..., 0]),
    "16-bit png": file("PNG", BYTES[..., 0].astype(np.uint16) * 257 + 3),
    "bmp": file("BMP", BYTES),
}
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERX"
    "RTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj"
    "Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAFAAYDAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAA"
    "Av/EAB0QAAICAQUAAAAAAAAAAAAAAAIDAREhADEyQZH/xAAVAQEBAAAAAAAAAAAAAAAAAAACBP/EAB4RAAEEAgMB"
    "AAAAAAAAAAAAAAECAxEhQVEAYYEx/9oADAMBAAIRAxEAPwBrsJU1pGVgS6Ucr4lUZicd4281O4tLrdigR3ZnzGs6"
    "rgS8ohIBIMbmaG89/fK5/9k="
)
_METHODS = (
    "area", "bicubic", "bilinear", "gaussian", "lanczos3", "lanczos5", "mitchellcubic", "nearest",
)  # fmt: skip


def _image_cases() -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for method in _METHODS:
        for size in ((3, 8), (5, 6)):
            for antialias in (False, True):
                cases[f"resize {method} {size} {antialias}"] = (
                    lambda tf, m=method, s=size, a=antialias: tf.image.resize(
                        BYTES if s == (3, 8) else FLOATS, s, method=m, antialias=a
                    )
                )
    for size in ((7, 9), (3, 3), (2, 9)):
        cases[f"pad {size}"] = lambda tf, s=size: tf.image.resize_with_pad(BYTES, *s)
        cases[f"crop or pad {size}"] = lambda tf, s=size: tf.image.resize_with_crop_or_pad(
            BATCH, *s
        )
    for name in ("flip_left_right", "flip_up_down", "rot90", "transpose"):
        cases[name] = lambda tf, n=name: getattr(tf.image, n)(BYTES)
        cases[f"{name} batch"] = lambda tf, n=name: getattr(tf.image, n)(BATCH)
    for kind, images in (("float32", FLOATS), ("uint8", BYTES)):
        for name, values in (
            ("adjust_brightness", (-0.3, 0.2)),
            ("adjust_contrast", (0.3, 1.7)),
            ("adjust_gamma", (0.5, 2.0)),
            ("adjust_hue", (-0.3, 0.1)),
            ("adjust_saturation", (0.3, 1.7)),
            ("central_crop", (0.4, 0.75)),
        ):
            for value in values:
                cases[f"{name} {value} {kind}"] = lambda tf, n=name, v=value, x=images: getattr(
                    tf.image, n
                )(x, v)
        for name in ("per_image_standardization", "rgb_to_grayscale"):
            cases[f"{name} {kind}"] = lambda tf, n=name, x=images: getattr(tf.image, n)(x)
        for dtype in ("float32", "uint8", "uint16", "int32"):
            cases[f"convert {kind} to {dtype}"] = lambda tf, x=images, d=dtype: (
                tf.image.convert_image_dtype(x, getattr(tf, d))
            )
    return cases


IMAGES: dict[str, Case] = {
    **_image_cases(),
    "aspect ratio": lambda tf: tf.image.resize(BYTES, (9, 9), preserve_aspect_ratio=True),
    "crop": lambda tf: tf.image.crop_to_bounding_box(BYTES, 1, 2, 3, 4),
    "grey to rgb": lambda tf: tf.image.grayscale_to_rgb(tf.constant(GRAY)),
    "hsv": lambda tf: tf.image.rgb_to_hsv(FLOATS),
    "pad to box": lambda tf: tf.image.pad_to_bounding_box(BYTES, 1, 0, 7, 6),
    "psnr": lambda tf: tf.image.psnr(BYTES, BYTES[::-1], 255),
    "rgb": lambda tf: tf.image.hsv_to_rgb(FLOATS),
    "saturate": lambda tf: tf.image.convert_image_dtype(FLOATS * 3 - 1, tf.uint8, saturate=True),
    "variation": lambda tf: tf.image.total_variation(tf.constant(BATCH)),
    "accurate jpeg": lambda tf: tf.io.decode_jpeg(JPEG, dct_method="INTEGER_ACCURATE"),
    "float png": lambda tf: tf.io.decode_image(FILES["png"], dtype=tf.float32),
    "deep png": lambda tf: tf.io.decode_png(FILES["16-bit png"], dtype=tf.uint16),
    "encoded": lambda tf: tf.io.decode_png(tf.io.encode_png(BYTES)),
    **{
        f"decode {name} {channels}": lambda tf, d=data, c=channels: tf.io.decode_image(
            d, channels=c
        )
        for name, data in FILES.items()
        for channels in (0, 1, 3, 4)
        if (name, channels) != ("bmp", 1)
    },
}
ARRAYS: dict[str, Case] = {
    "any": lambda tf: tf.reduce_any(FLOATS > 0.5),
    "argmax": lambda tf: tf.argmax(tf.constant([False, True])),
    "argmax axis": lambda tf: tf.argmax(BATCH, -1),
    "argsort": lambda tf: tf.argsort([3, 1, 2], direction="DESCENDING"),
    "as_bytes": lambda tf: tf.constant(tf.compat.as_bytes("a")),
    "cast": lambda tf: tf.cast(FLOATS > 0.5, tf.float32),
    "clip": lambda tf: tf.clip_by_value(FLOATS, 0.2, 0.5),
    "confusion": lambda tf: tf.math.confusion_matrix([0, 1, 2], [0, 2, 2]),
    "constant": lambda tf: tf.constant([1, 2.5]),
    "constant of integers": lambda tf: tf.constant([1, 2]),
    "constant of doubles": lambda tf: tf.constant(np.zeros(2)),
    "cumsum": lambda tf: tf.cumsum([1, 2, 3]),
    "division": lambda tf: tf.constant(3) / tf.constant(2),
    "fill": lambda tf: tf.fill([2, 3], 7),
    "gather": lambda tf: tf.gather(FLOATS, [2, 0]),
    "is class": lambda tf: tf.strings.split("a/cats/1.png", "/")[-2] == np.array(["cats", "dogs"]),
    "join": lambda tf: tf.strings.join(["a", "b"], "/"),
    "l2_normalize": lambda tf: tf.nn.l2_normalize(FLOATS, -1),
    "length": lambda tf: tf.strings.length(["abc", "d"]),
    "linspace": lambda tf: tf.linspace(0.0, 1.0, 5),
    "map_fn": lambda tf: tf.map_fn(lambda x: x * 2, BATCH),
    "mask": lambda tf: tf.boolean_mask(FLOATS, np.arange(5) % 2 == 0),
    "mean of bytes": lambda tf: tf.reduce_mean(BYTES, axis=0),
    "mean of integers": lambda tf: tf.reduce_mean([1, 2, 4]),
    "newaxis": lambda tf: tf.constant(FLOATS)[tf.newaxis, ..., 0],
    "norm": lambda tf: tf.norm(FLOATS),
    "numpy_function": lambda tf: tf.numpy_function(lambda x: x * 2, [FLOATS], tf.float32),
    "one_hot": lambda tf: tf.one_hot([0, 2], 3),
    "one_hot axis": lambda tf: tf.one_hot([0, 2], 3, axis=0),
    "one_hot values": lambda tf: tf.one_hot(1, 3, on_value=5, off_value=2, dtype=tf.int32),
    "pow": lambda tf: tf.pow(2, 3),
    "py_function": lambda tf: tf.py_function(
        lambda x: x.numpy() * 2, [tf.constant(2.0)], tf.float32
    ),
    "range": lambda tf: tf.range(3),
    "range of floats": lambda tf: tf.range(0.0, 1.0, 0.25),
    "raw": lambda tf: tf.io.decode_raw(b"\1\2\3\4", tf.uint16),
    "regex_replace": lambda tf: tf.strings.regex_replace("a1b22", r"[0-9]+", "#"),
    "repeat": lambda tf: tf.repeat([1, 2], 2),
    "reverse": lambda tf: tf.reverse(FLOATS, [0, 1]),
    "saturate_cast": lambda tf: tf.saturate_cast([-5.0, 300.0], tf.uint8),
    "shape": lambda tf: tf.shape(FLOATS),
    "sort": lambda tf: tf.sort(FLOATS, direction="DESCENDING"),
    "split": lambda tf: tf.split(FLOATS, [3, 2])[1],
    "split text": lambda tf: tf.strings.split(" a b  c "),
    "squeeze": lambda tf: tf.squeeze(np.zeros((1, 2, 1)), axis=0),
    "stack": lambda tf: tf.stack([1, 2]),
    "std": lambda tf: tf.math.reduce_std(FLOATS, axis=0),
    "substr": lambda tf: tf.strings.substr("hello", 1, 3),
    "sum of integers": lambda tf: tf.reduce_sum([1, 2, 3]),
    "text": lambda tf: tf.constant(["a", "b"]),
    "tile": lambda tf: tf.tile([1, 2], [2]),
    "to_number": lambda tf: tf.strings.to_number(["1", "2.5"]),
    "top_k": lambda tf: tf.math.top_k(FLOATS, 2)[1],
    "unique": lambda tf: tf.unique([3, 1, 3, 2])[1],
    "where": lambda tf: tf.where(FLOATS[:, :, 0] > 0.5),
    "where of three": lambda tf: tf.where(FLOATS > 0.5, FLOATS, 0.0),
}


def _listed(dataset: Any) -> list[Any]:
    return [np.asarray(one).tolist() for one in dataset.as_numpy_iterator()]


def _cardinalities(tf: Any) -> list[int]:
    integers = tf.data.Dataset.range
    return [
        int(integers(n).window(3, shift=s, stride=d, drop_remainder=r).cardinality())
        for n in (0, 1, 5, 7)
        for s in (1, 2, 4)
        for d in (1, 2)
        for r in (False, True)
    ]


def _images(tf: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices((np.zeros((4, 2, 2, 3), "float32"), [1, 2, 3, 4]))


def _flags(tf: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices(np.array([0, 1, 1, 0, 1, 1, 0]))


DATASETS: dict[str, Case] = {
    "choose": lambda tf: _listed(
        tf.data.Dataset.choose_from_datasets(
            [tf.data.Dataset.range(3), tf.data.Dataset.range(10, 13)], _flags(tf)
        )
    ),
    "enumerate": lambda tf: [
        (int(i), int(x)) for i, x in tf.data.Dataset.range(3, 6).enumerate(start=5)
    ],
    "flat_map": lambda tf: _listed(
        tf.data.Dataset.range(7)
        .window(3, shift=1, drop_remainder=True)
        .flat_map(lambda window: window.batch(3))
    ),
    "from_generator": lambda tf: _listed(
        tf.data.Dataset.from_generator(
            lambda: iter([1, 2]), output_signature=tf.TensorSpec((), tf.float32)
        )
    ),
    "interleave": lambda tf: _listed(
        tf.data.Dataset.range(1, 6).interleave(
            lambda x: tf.data.Dataset.range(x), cycle_length=3, block_length=2
        )
    ),
    "padded_batch": lambda tf: _listed(
        tf.data.Dataset.range(1, 4)
        .map(lambda n: tf.fill([n], n))
        .padded_batch(2, padded_shapes=[None])
    ),
    "rebatch": lambda tf: _listed(tf.data.Dataset.range(7).batch(3).rebatch(2)),
    "reduce": lambda tf: int(tf.data.Dataset.range(5).reduce(np.int64(0), lambda s, x: s + x)),
    "scan": lambda tf: _listed(
        tf.data.Dataset.range(4).scan(np.int64(0), lambda s, x: (s + x, s + x))
    ),
    "shard": lambda tf: [
        (_listed(part := tf.data.Dataset.range(7).shard(3, i)), len(part)) for i in range(3)
    ],
    "single": lambda tf: tf.data.Dataset.range(5).batch(5).get_single_element().numpy().tolist(),
    "spec of batches": lambda tf: str(_images(tf).batch(2).element_spec),
    "spec of dropped remainders": lambda tf: str(
        _images(tf).batch(2, drop_remainder=True).element_spec
    ),
    "spec of dicts": lambda tf: str(
        tf.data.Dataset.from_tensor_slices({"a": np.zeros((4, 2))}).element_spec
    ),
    "spec of enumerated": lambda tf: str(tf.data.Dataset.range(3).enumerate().element_spec),
    "spec of generators": lambda tf: str(
        tf.data.Dataset.from_generator(
            lambda: iter([]), output_types=(tf.int32, tf.string), output_shapes=((None, 3), ())
        ).element_spec
    ),
    "spec of maps": lambda tf: str(
        tf.data.Dataset.from_tensor_slices([1.0, 2.0])
        .map(lambda x: [x * 2, tf.cast(x, tf.int32)])
        .element_spec
    ),
    "spec of mapped batches": lambda tf: str(
        _images(tf).batch(3).map(lambda x, y: (tf.image.resize(x, (4, 5)), y)).element_spec
    ),
    "spec of text": lambda tf: str(tf.data.Dataset.from_tensor_slices(["a", "b"]).element_spec),
    "spec of windows": lambda tf: str(tf.data.Dataset.range(3).window(2).element_spec),
    "spec of zipped": lambda tf: str(
        tf.data.Dataset.zip(
            tf.data.Dataset.range(2), tf.data.Dataset.range(2).batch(2)
        ).element_spec
    ),
    "take_while": lambda tf: _listed(tf.data.Dataset.range(9).take_while(lambda x: x < 4)),
    "unbatch": lambda tf: int(tf.data.Dataset.range(5).batch(2).unbatch().cardinality()),
    "unique": lambda tf: _listed(tf.data.Dataset.from_tensor_slices([1, 1, 2, 1, 3]).unique()),
    "window": lambda tf: [
        _listed(window) for window in tf.data.Dataset.range(7).window(3, shift=2, stride=2)
    ],
    "window counts": _cardinalities,
    "zipped dicts": lambda tf: [
        {name: int(value) for name, value in row.items()}
        for row in tf.data.Dataset.zip(
            {"a": tf.data.Dataset.range(2), "b": tf.data.Dataset.range(2, 4)}
        ).as_numpy_iterator()
    ],
}


def recorded(value: Any) -> Any:
    """Return a result as JSON: type, shape and values of an array with six digits."""
    if not hasattr(value, "numpy"):
        return value
    array = np.asarray(value.numpy())
    if array.dtype.kind in "OS":
        values = [one.decode() for one in array.ravel().tolist()]
        return {"dtype": "string", "shape": list(array.shape), "values": values}
    values = array.ravel().tolist()
    if array.dtype.kind == "f":
        values = [float(f"{one:.6g}") for one in values]
    return {"dtype": array.dtype.name, "shape": list(array.shape), "values": values}
