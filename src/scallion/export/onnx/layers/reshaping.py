"""Layers that move values: flatten, reshape, permute, pad, crop and upsample."""

import numpy as np
from numpy.typing import NDArray

from scallion.engine.resampling import ResamplingWeights, resampling_weights
from scallion.export.onnx.conversion import LayerConversion
from scallion.export.tensor_layout import ExportTensor


def identity(call: LayerConversion) -> ExportTensor:
    """Return the input: dropout, noise and augmentation do nothing in inference."""
    return call.x


def flatten(call: LayerConversion) -> ExportTensor:
    """Convert Flatten; an image (C, H, W) stays in that order where it matters."""
    x = call.x
    if len(x.shape) == 1:
        return x
    flat = call.add("Flatten", x.name, axis=1)
    if x.layout == "channels_first" and x.shape[2] > 1 and x.shape[0] * x.shape[1] > 1:
        return ExportTensor(flat, call.output_shape, "flat_channels_first", x.shape)
    return call.output(flat)


def reshape(call: LayerConversion) -> ExportTensor:
    """Convert Reshape."""
    x = call.keras(call.x)
    return call.output(call.builder.reshaped(call.layer, x.name, call.output_shape))


def permute(call: LayerConversion) -> ExportTensor:
    """Convert Permute."""
    x = call.keras(call.x)
    return call.output(call.add("Transpose", x.name, perm=[0, *call.spec.dims]))


def zero_padding2d(call: LayerConversion) -> ExportTensor:
    """Convert ZeroPadding2D."""
    (top, bottom), (left, right) = call.spec.padding
    x = call.channels_first(call.x)
    pads = call.constant("pads", [0, 0, top, left, 0, 0, bottom, right])
    return call.output(call.add("Pad", x.name, pads, mode="constant"), "channels_first")


def cropping2d(call: LayerConversion) -> ExportTensor:
    """Convert Cropping2D."""
    (top, _), (left, _) = call.spec.cropping
    return window(call, top, left)


def window(call: LayerConversion, top: int, left: int) -> ExportTensor:
    """Cut out the part of an image that has the layer's output size."""
    height, width, _ = call.output_shape
    x = call.channels_first(call.x)
    ranges = {"starts": [top, left], "ends": [top + height, left + width], "axes": [2, 3]}
    names = [call.constant(name, values) for name, values in ranges.items()]
    return call.output(call.add("Slice", x.name, *names), "channels_first")


def slice_images(call: LayerConversion) -> ExportTensor:
    """Convert Slice; its bounds are those within the shape."""
    x = call.keras(call.x) if call.x.layout == "flat_channels_first" else call.x
    starts, ends, steps = zip(*call.spec.indices(x.shape), strict=True)
    axes = [x.axis(axis + 1) for axis in range(len(x.shape))]
    ranges = {"starts": starts, "ends": ends, "axes": axes, "steps": steps}
    names = [call.constant(name, values) for name, values in ranges.items()]
    return call.output(call.add("Slice", x.name, *names), x.layout)


def parameter(call: LayerConversion) -> ExportTensor:
    """Convert Parameter: the weight, repeated for each image."""
    return _repeated(call, call.weights["value"])


def constant(call: LayerConversion) -> ExportTensor:
    """Convert a constant, repeated for each image."""
    return _repeated(call, call.spec.value)


def reduce_sum(call: LayerConversion) -> ExportTensor:
    """Convert a sum over axes, which are an input in this opset."""
    x = call.keras(call.x)
    axes = call.constant("axes", [axis + 1 for axis in call.spec.image_axes(x.shape)])
    return call.output(call.add("ReduceSum", x.name, axes, keepdims=int(call.spec.keepdims)))


def reduce_mean(call: LayerConversion) -> ExportTensor:
    """Convert a mean over axes."""
    x = call.keras(call.x)
    axes = [axis + 1 for axis in call.spec.image_axes(x.shape)]
    return call.output(call.add("ReduceMean", x.name, axes=axes, keepdims=int(call.spec.keepdims)))


def _repeated(call: LayerConversion, array: NDArray[np.float32]) -> ExportTensor:
    """Repeat an array for each image."""
    value = array.reshape(1, *call.output_shape)
    first, last = call.constant("first", [0]), call.constant("last", [1])
    count = call.add("Slice", call.add("Shape", call.x.name), first, last)
    ones = call.constant("ones", [1] * len(call.output_shape))
    sides = call.add("Concat", count, ones, axis=0) if call.output_shape else count
    return call.output(call.add("Expand", call.constant("value", value), sides))


def up_sampling2d(call: LayerConversion) -> ExportTensor:
    """Convert UpSampling2D."""
    if call.spec.interpolation == "bicubic":  # other software has another kernel
        (height, width, _), (down, across) = call.x.shape, call.spec.size
        return resized(
            call,
            resampling_weights(height, 0, height, down * height, "bicubic"),
            resampling_weights(width, 0, width, across * width, "bicubic"),
        )
    spec, x = call.spec, call.channels_first(call.x)
    scales = call.constant("scales", np.array([1, 1, *spec.size], np.float32))
    # The second input, a region of interest, is used by no mode here.
    if spec.interpolation == "bilinear":
        attributes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    else:
        attributes = {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        }
    return call.output(call.add("Resize", x.name, "", scales, **attributes), "channels_first")


def resized(
    call: LayerConversion, rows: ResamplingWeights, columns: ResamplingWeights, fill: float = 0.0
) -> ExportTensor:
    """Resize by two matrix products; pixels outside the image are `fill`."""
    x = call.channels_first(call.x)
    height, width, _ = x.shape
    across = np.ascontiguousarray(columns.matrix(width).T)
    name = call.add("MatMul", x.name, call.constant("columns", across))
    name = call.add("MatMul", call.constant("rows", rows.matrix(height)), name)
    outside = 1 - np.outer(rows.weights.sum(axis=1), columns.weights.sum(axis=1))
    if fill and outside.any():
        name = call.add("Add", name, call.constant("fill", (fill * outside).astype(np.float32)))
    return call.output(name, "channels_first")
