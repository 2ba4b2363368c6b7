"""The few names of TensorFlow itself that scripts for small image networks use."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion import ops
from scallion.compat import backend_functions, tensorflow_environment
from scallion.compat.tensorflow_functions import (
    arrays,
    colors,
    files,
    random_images,
    resizing,
    strings,
)
from scallion.compat.tensorflow_functions.arrays import on_numpy, without_name
from scallion.datasets.pipeline import (
    AUTOTUNE,
    INFINITE,
    UNKNOWN,
    Dataset,
    Options,
    TensorShape,
    TensorSpec,
)
from scallion.eager_array import EagerArray

VERSION = "2.21.0"
"""The version of TensorFlow whose names are provided."""


def attributes_of(module: str) -> Mapping[str, Any] | None:
    """Return the attributes of `tensorflow` or a submodule, or None where it is missing here."""
    found: Any = _NAMES
    for part in module.split(".")[1:]:
        found = found.get(part) if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping):
            return None
    return {name: value for name, value in found.items() if not isinstance(value, Mapping)}


_DATA = {
    "AUTOTUNE": AUTOTUNE,
    "Dataset": Dataset,
    "INFINITE_CARDINALITY": INFINITE,
    "Options": Options,
    "UNKNOWN_CARDINALITY": UNKNOWN,
    "experimental": {
        "AUTOTUNE": AUTOTUNE,
        "AutoShardPolicy": Options(),
        "Counter": Dataset.counter,
        "OptimizationOptions": Options,
        "assert_cardinality": lambda count: lambda dataset: dataset.take(count),
        "cardinality": Dataset.cardinality,
        "prefetch_to_device": lambda *_arguments, **_options: lambda dataset: dataset,
        "sample_from_datasets": Dataset.sample_from_datasets,
    },
}
# Functions with the arguments of `keras.ops`, for arrays and for symbolic tensors.
_ELEMENTWISE = {
    name: without_name(getattr(ops, name))
    for name in (
        "abs", "add", "cos", "divide", "equal", "exp", "floor", "greater", "greater_equal", "less",
        "less_equal", "log", "logical_and", "logical_not", "logical_or", "maximum", "minimum",
        "multiply", "negative", "not_equal", "round", "sigmoid", "sign", "sin", "sqrt", "square",
        "subtract", "tan", "tanh",
    )
}  # fmt: skip
_REDUCTIONS = {
    f"reduce_{name}": arrays.reduced(getattr(ops, name))
    for name in ("all", "any", "max", "mean", "min", "prod", "sum")
}
# Names of `tf` that `tf.math` has, too.
_BOTH = {
    **_ELEMENTWISE,
    **_REDUCTIONS,
    "argmax": arrays.argmax,
    "argmin": arrays.argmin,
    "argsort": arrays.argsort,
    "cumsum": arrays.of_one_type(lambda x, axis=0: ops.cumsum(x, axis)),
    "pow": arrays.of_one_type(ops.power),
    "truediv": without_name(ops.divide),
}
_MATH = {
    **_BOTH,
    **{
        name: without_name(getattr(ops, name))
        for name in (
            "bincount", "ceil", "divide_no_nan", "erf", "expm1", "log1p", "mod", "reciprocal",
            "rsqrt",
        )
    },
    "confusion_matrix": arrays.confusion_matrix,
    "floordiv": without_name(ops.floor_divide),
    "in_top_k": without_name(ops.in_top_k),
    "is_finite": without_name(ops.isfinite),
    "is_inf": without_name(ops.isinf),
    "is_nan": without_name(ops.isnan),
    "l2_normalize": without_name(backend_functions.l2_normalize),
    "reduce_std": arrays.standard_deviation,
    "reduce_variance": arrays.variance,
    "softmax": ops.softmax,
    "softplus": ops.softplus,
    "top_k": without_name(lambda input, k=1, sorted=True: ops.top_k(input, k, sorted)),  # noqa: A006
}  # fmt: skip
_DTYPES = {
    **{
        kind: getattr(np, kind)
        for kind in (
            "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
            "uint32", "uint64",
        )
    },
    "bool": np.bool_,
    "double": np.float64,
    "half": np.float16,
    "string": np.object_,
}  # fmt: skip
_CAST = without_name(ops.cast)
_IMAGE_FILES = {
    "decode_image": files.decode_image,
    "decode_jpeg": files.decode_jpeg,
    "decode_png": files.decode_png,
    "encode_jpeg": files.encode_jpeg,
    "encode_png": files.encode_png,
    "is_jpeg": files.is_jpeg,
}
_IMAGE = {
    **random_images.FUNCTIONS,
    **{
        name: getattr(colors, name)
        for name in (
            "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue",
            "adjust_saturation", "convert_image_dtype", "grayscale_to_rgb", "hsv_to_rgb",
            "per_image_standardization", "psnr", "rgb_to_grayscale", "rgb_to_hsv",
            "total_variation",
        )
    },
    **{
        name: getattr(resizing, name)
        for name in (
            "central_crop", "crop_to_bounding_box", "flip_left_right", "flip_up_down",
            "pad_to_bounding_box", "resize", "resize_with_crop_or_pad", "resize_with_pad", "rot90",
            "transpose",
        )
    },
    **_IMAGE_FILES,
    "ResizeMethod": resizing.ResizeMethod,
}  # fmt: skip
_IO = {
    **_IMAGE_FILES,
    "decode_and_crop_jpeg": lambda contents, window, channels=0: resizing.crop_to_bounding_box(
        files.decode_image(contents, channels), *window
    ),
    "decode_bmp": files.decode_jpeg,
    "decode_raw": files.decode_raw,
    "gfile": files.GFILE,
    "matching_files": files.matching_files,
    "read_file": files.read_file,
    "write_file": files.write_file,
}
_NAMES: Mapping[str, Any] = {
    **tensorflow_environment.NAMES,
    **_BOTH,
    **_DTYPES,
    "Tensor": EagerArray,
    "TensorShape": TensorShape,
    "TensorSpec": TensorSpec,
    "Variable": arrays.variable,
    "__version__": VERSION,
    "boolean_mask": arrays.boolean_mask,
    "cast": _CAST,
    "clip_by_value": arrays.clip_by_value,
    "compat": {
        "as_bytes": files.as_bytes,
        "as_str": files.as_path,
        "as_str_any": str,
        "as_text": files.as_path,
        "v1": tensorflow_environment.VERSION_1_NAMES,
    },
    "concat": without_name(ops.concatenate),
    "constant": arrays.constant,
    "convert_to_tensor": arrays.constant,
    "data": _DATA,
    "dtypes": {**_DTYPES, "as_dtype": np.dtype, "cast": _CAST},
    "ensure_shape": arrays.ensure_shape,
    "expand_dims": without_name(lambda input, axis=-1: ops.expand_dims(input, axis)),  # noqa: A006
    "eye": arrays.eye,
    "fill": arrays.fill,
    "gather": arrays.gather,
    "identity": arrays.identity,
    "image": _IMAGE,
    "io": _IO,
    "is_tensor": lambda x: isinstance(x, EagerArray),
    "linalg": {
        "l2_normalize": _MATH["l2_normalize"],
        "matmul": without_name(ops.matmul),
        "norm": without_name(
            lambda tensor, ord="euclidean", axis=None, keepdims=False: ops.norm(  # noqa: A006
                tensor, None if ord == "euclidean" else ord, axis, keepdims
            )
        ),
    },
    "linspace": on_numpy(
        lambda start, stop, num, axis=0: np.linspace(start, stop, num, axis=axis).astype(np.float32)
    ),
    "map_fn": arrays.map_fn,
    "math": _MATH,
    "matmul": without_name(ops.matmul),
    "newaxis": None,
    "nn": {
        **{name: getattr(ops, name) for name in ops.ACTIVATION_NAMES},
        "l2_normalize": _MATH["l2_normalize"],
    },
    "norm": without_name(
        lambda tensor, ord=None, axis=None, keepdims=False: ops.norm(  # noqa: A006
            tensor, None if ord == "euclidean" else ord, axis, keepdims
        )
    ),
    "numpy_function": arrays.numpy_function,
    "one_hot": arrays.one_hot,
    "ones": arrays.ones,
    "ones_like": on_numpy(lambda input, dtype=None: np.ones_like(input, dtype)),  # noqa: A006
    "pad": without_name(
        lambda tensor, paddings, mode="CONSTANT", constant_values=None: ops.pad(
            tensor, paddings, mode.lower(), constant_values
        )
    ),
    "print": arrays.print_,
    "py_function": arrays.py_function,
    "range": arrays.range_,
    "rank": on_numpy(lambda input: np.int32(np.ndim(input))),  # noqa: A006
    "repeat": arrays.of_one_type(
        lambda input, repeats, axis=None: ops.repeat(input, repeats, axis)  # noqa: A006
    ),
    "reshape": without_name(
        lambda tensor, shape: ops.reshape(tensor, tuple(np.ravel(shape).tolist()))
    ),
    "reverse": arrays.reverse,
    "roll": without_name(lambda input, shift, axis: ops.roll(input, shift, axis)),  # noqa: A006
    "saturate_cast": colors.saturate_cast,
    "shape": arrays.shape,
    "size": on_numpy(lambda input, out_type=np.int32: np.asarray(np.size(input), out_type)),  # noqa: A006
    "sort": on_numpy(
        lambda values, axis=-1, direction="ASCENDING": (
            np.sort(values, axis)
            if direction == "ASCENDING"
            else np.flip(np.sort(values, axis), axis)
        )
    ),
    "split": arrays.split,
    "squeeze": without_name(lambda input, axis=None: ops.squeeze(input, axis)),  # noqa: A006
    "stack": without_name(
        lambda values, axis=0: ops.stack([arrays.constant(value) for value in values], axis)
    ),
    "stop_gradient": without_name(ops.stop_gradient),
    "strings": strings.FUNCTIONS,
    "tensordot": without_name(lambda a, b, axes: ops.tensordot(a, b, axes)),
    "tile": arrays.of_one_type(lambda input, multiples: ops.tile(input, multiples)),  # noqa: A006
    "transpose": without_name(lambda a, perm=None: ops.transpose(a, perm)),
    "unique": arrays.unique,
    "unstack": without_name(lambda value, num=None, axis=0: ops.unstack(value, num, axis)),
    "version": {"VERSION": VERSION},
    "where": arrays.where,
    "zeros": arrays.zeros,
    "zeros_like": on_numpy(lambda input, dtype=None: np.zeros_like(input, dtype)),  # noqa: A006
}
