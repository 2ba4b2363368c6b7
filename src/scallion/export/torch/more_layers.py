"""Layers without kernels as PyTorch code: parametric activations, reshaping, merging, resizing."""

import numpy as np

from scallion.engine.resampling import (
    ResamplingWeights,
    crop_to_aspect_ratio,
    pad_to_aspect_ratio,
    resampling_weights,
)
from scallion.export.tensor_layout import ExportTensor
from scallion.export.torch.module_writer import TorchCall, number, numbers
from scallion.layers.augmentation import RandomCropSpec


def relu(call: TorchCall) -> ExportTensor:
    """Write ReLU: min(x, max_value) above the threshold, else slope * (x - threshold)."""
    spec, x = call.spec, call.x.name
    limit, slope, threshold = spec.max_value, spec.negative_slope, spec.threshold
    if not slope and not threshold:
        code = f"F.relu({x})" if limit is None else f"{x}.clamp(0, {number(limit)})"
        return call.like(call.x, code)
    high = x if limit is None else f"{x}.clamp(max={number(limit)})"
    low = f"{number(slope)} * ({x} - {number(threshold)})" if slope else "0.0"
    return call.like(call.x, f"torch.where({x} > {number(threshold)}, {high}, {low})")


def leaky_relu(call: TorchCall) -> ExportTensor:
    """Write LeakyReLU."""
    return call.like(call.x, f"F.leaky_relu({call.x.name}, {number(call.spec.negative_slope)})")


def elu(call: TorchCall) -> ExportTensor:
    """Write ELU."""
    return call.like(call.x, f"F.elu({call.x.name}, {number(call.spec.alpha)})")


def gelu_tanh(call: TorchCall) -> ExportTensor:
    """Write the tanh approximation of gelu."""
    return call.like(call.x, f'F.gelu({call.x.name}, approximate="tanh")')


def prelu(call: TorchCall) -> ExportTensor:
    """Write PReLU."""
    x = call.x.name
    alpha = call.array("alpha", call.x.arrange(call.weights["alpha"]), trains=True)
    return call.like(call.x, f"torch.where({x} > 0, {x}, {alpha} * {x})")


def sqrt(call: TorchCall) -> ExportTensor:
    """Write a square root."""
    return call.like(call.x, f"torch.sqrt({call.x.name})")


def log(call: TorchCall) -> ExportTensor:
    """Write a natural logarithm."""
    return call.like(call.x, f"torch.log({call.x.name})")


def softmax(call: TorchCall) -> ExportTensor:
    """Write Softmax."""
    spec = call.spec
    x = call.keras(call.x) if call.x.layout == "flat_channels_first" else call.x
    axes = [x.axis(axis) for axis in (spec.axis if isinstance(spec.axis, tuple) else (spec.axis,))]
    if len(axes) == 1:
        return call.like(x, f"F.softmax({x.name}, dim={axes[0]})")
    along = f"dim={tuple(axes)}, keepdim=True"
    return call.like(x, f"({x.name} - {x.name}.logsumexp({along})).exp()")


def flatten(call: TorchCall) -> ExportTensor:
    """Write Flatten; an image (C, H, W) stays in that order where it matters."""
    x = call.x
    if len(x.shape) == 1:
        return x
    code = f"{x.name}.flatten(1)" if x.shape else f"{x.name}.reshape(-1, 1)"
    if x.layout == "channels_first" and x.shape[2] > 1 and x.shape[0] * x.shape[1] > 1:
        return ExportTensor(code, call.output_shape, "flat_channels_first", x.shape)
    return call.output(code)


def reshape(call: TorchCall) -> ExportTensor:
    """Write Reshape."""
    sides = ", ".join(map(str, (-1, *call.output_shape)))
    return call.output(f"{call.keras(call.x).name}.reshape({sides})")


def permute(call: TorchCall) -> ExportTensor:
    """Write Permute."""
    axes = ", ".join(map(str, (0, *call.spec.dims)))
    return call.output(f"{call.keras(call.x).name}.permute({axes})")


def zero_padding2d(call: TorchCall) -> ExportTensor:
    """Write ZeroPadding2D."""
    (top, bottom), (left, right) = call.spec.padding
    x = call.channels_first(call.x).name
    return call.output(f"F.pad({x}, ({left}, {right}, {top}, {bottom}))", "channels_first")


def cropping2d(call: TorchCall) -> ExportTensor:
    """Write Cropping2D."""
    (top, _), (left, _) = call.spec.cropping
    return _window(call, top, left)


def _window(call: TorchCall, top: int, left: int) -> ExportTensor:
    height, width, _ = call.output_shape
    x = call.channels_first(call.x).name
    part = f"{x}[:, :, {top}:{top + height}, {left}:{left + width}]"
    return call.output(part, "channels_first")


def slice_images(call: TorchCall) -> ExportTensor:
    """Write Slice."""
    x = call.keras(call.x)
    parts = [
        f"{start}:{stop}" + (f":{step}" if step != 1 else "")
        for start, stop, step in call.spec.indices(x.shape)
    ]
    return call.output(f"{x.name}[{', '.join([':', *parts])}]")


def reduce_sum(call: TorchCall) -> ExportTensor:
    """Write a sum over axes."""
    return _reduced(call, "sum")


def reduce_mean(call: TorchCall) -> ExportTensor:
    """Write a mean over axes."""
    return _reduced(call, "mean")


def _reduced(call: TorchCall, kind: str) -> ExportTensor:
    x = call.keras(call.x)
    axes = tuple(axis + 1 for axis in call.spec.image_axes(x.shape))
    return call.output(f"{x.name}.{kind}(dim={axes}, keepdim={bool(call.spec.keepdims)})")


def constant(call: TorchCall) -> ExportTensor:
    """Write a constant, repeated for each image."""
    name = call.array("value", call.spec.value.reshape(1, *call.output_shape))
    return call.output(f"{name}.expand({call.x.name}.shape[0], {_ones(call)})")


def parameter(call: TorchCall) -> ExportTensor:
    """Write Parameter: the weight, repeated for each image."""
    value = call.weights["value"].reshape(1, *call.output_shape)
    name = call.array("value", value, trains=bool(call.spec.trains))
    return call.output(f"{name}.expand({call.x.name}.shape[0], {_ones(call)})")


def _ones(call: TorchCall) -> str:
    return ", ".join(["-1"] * len(call.output_shape))


def up_sampling2d(call: TorchCall) -> ExportTensor:
    """Write UpSampling2D."""
    if call.spec.interpolation == "bicubic":  # PyTorch has another kernel
        (height, width, _), (down, across) = call.x.shape, call.spec.size
        return _resized(
            call,
            resampling_weights(height, 0, height, down * height, "bicubic"),
            resampling_weights(width, 0, width, across * width, "bicubic"),
        )
    x, size = call.channels_first(call.x).name, numbers(call.spec.size)
    mode = ', mode="bilinear"' if call.spec.interpolation == "bilinear" else ""
    return call.output(f"F.interpolate({x}, scale_factor={size}{mode})", "channels_first")


def _chain(call: TorchCall, template: str) -> ExportTensor:
    """Apply an operation of two inputs from the first to the last."""
    first, *others = _in_one_layout(call)
    code = first.name
    for x in others:
        code = template.format(code, x.name)
    code = f"({code})" if " " in template and not template.startswith("torch") else code
    return ExportTensor(code, call.output_shape, first.layout, first.image_shape)


def add(call: TorchCall) -> ExportTensor:
    """Write Add."""
    return _chain(call, "{} + {}")


def subtract(call: TorchCall) -> ExportTensor:
    """Write Subtract."""
    return _chain(call, "{} - {}")


def multiply(call: TorchCall) -> ExportTensor:
    """Write Multiply."""
    return _chain(call, "{} * {}")


def true_divide(call: TorchCall) -> ExportTensor:
    """Write a quotient."""
    return _chain(call, "{} / {}")


def maximum(call: TorchCall) -> ExportTensor:
    """Write Maximum."""
    return _chain(call, "torch.maximum({}, {})")


def minimum(call: TorchCall) -> ExportTensor:
    """Write Minimum."""
    return _chain(call, "torch.minimum({}, {})")


def average(call: TorchCall) -> ExportTensor:
    """Write Average."""
    total = _chain(call, "{} + {}")
    return call.like(total, f"{total.name} / {len(call.inputs)}")


def concatenate(call: TorchCall) -> ExportTensor:
    """Write Concatenate."""
    inputs = _in_one_layout(call)
    if inputs[0].layout == "flat_channels_first":
        inputs = [call.keras(x) for x in inputs]
    names = ", ".join(x.name for x in inputs)
    axis = inputs[0].axis(call.spec.axis)
    return call.output(f"torch.cat([{names}], dim={axis})", inputs[0].layout)


def _in_one_layout(call: TorchCall) -> list[ExportTensor]:
    inputs = list(call.inputs)
    if len({(x.layout, x.image_shape, x.shape if x.image_shape else ()) for x in inputs}) == 1:
        return inputs
    if {len(x.shape) for x in inputs} == {3}:
        return [call.channels_first(x) for x in inputs]
    return [call.keras(x) for x in inputs]


def rescaling(call: TorchCall) -> ExportTensor:
    """Write Rescaling, with one number for all values or one per channel."""
    code = call.x.name
    if call.spec.is_per_channel:
        x = call.keras(call.x) if call.x.layout == "flat_channels_first" else call.x
        sides = [1] * (len(x.shape) - 1) + [-1]
        scale, offset = (
            call.array(part, x.arrange(array.reshape(sides)))
            for part, array in zip(("scale", "offset"), call.spec.per_channel(x.shape), strict=True)
        )
        return call.like(x, f"{x.name} * {scale} + {offset}")
    if call.spec.scale != 1:
        code = f"{code} * {number(call.spec.scale)}"
    if call.spec.offset != 0:
        code = f"{code} + {number(call.spec.offset)}"
    return call.like(call.x, code)


def normalization(call: TorchCall) -> ExportTensor:
    """Write Normalization: (x - mean) / deviation, or its inverse."""
    spec = call.spec
    x = call.keras(call.x) if call.x.layout == "flat_channels_first" else call.x
    kept = spec.kept_axes(x.shape)
    sides = [side if axis in kept else 1 for axis, side in enumerate(x.shape)]
    given = spec.given_moments(x.shape) or (call.weights["mean"], call.weights["variance"])
    mean, variance = (part.reshape(sides).astype(np.float32) for part in given)
    deviation = np.maximum(np.sqrt(variance), np.float32(1e-7))
    centre = call.array("mean", x.arrange(mean))
    scale = call.array("deviation", x.arrange(deviation))
    formula = (
        f"{x.name} * {scale} + {centre}" if spec.invert else f"({x.name} - {centre}) / {scale}"
    )
    return call.like(x, formula)


def resizing(call: TorchCall) -> ExportTensor:
    """Write Resizing, as products with the weights of rows and columns."""
    spec, (height, width, _) = call.spec, call.x.shape
    target = (spec.height, spec.width)
    part = (0, height), (0, width)
    if spec.crop_to_aspect_ratio:
        part = crop_to_aspect_ratio(call.x.shape, target)
    elif spec.pad_to_aspect_ratio:
        part = pad_to_aspect_ratio(call.x.shape, target)
    rows, columns = (
        resampling_weights(size, *side, out, spec.interpolation, antialias=spec.antialias)
        for size, side, out in zip((height, width), part, target, strict=True)
    )
    return _resized(call, rows, columns, spec.fill_value)


def center_crop(call: TorchCall) -> ExportTensor:
    """Write CenterCrop, and RandomCrop, which crops the centre in inference."""
    spec, (height, width, _) = call.spec, call.x.shape
    if height >= spec.height and width >= spec.width:
        return _window(call, (height - spec.height) // 2, (width - spec.width) // 2)
    (top, rows), (left, columns) = crop_to_aspect_ratio(call.x.shape, (spec.height, spec.width))
    if isinstance(spec, RandomCropSpec):
        rows, columns = min(spec.height, height - top), min(spec.width, width - left)
    return _resized(
        call,
        resampling_weights(height, top, rows, spec.height, "bilinear"),
        resampling_weights(width, left, columns, spec.width, "bilinear"),
    )


def _resized(
    call: TorchCall, rows: ResamplingWeights, columns: ResamplingWeights, fill: float = 0.0
) -> ExportTensor:
    height, width, _ = call.x.shape
    down = call.array("rows", rows.matrix(height))
    across = call.array("columns", np.ascontiguousarray(columns.matrix(width).T))
    code = f"{down} @ ({call.channels_first(call.x).name} @ {across})"
    outside = 1 - np.outer(rows.weights.sum(axis=1), columns.weights.sum(axis=1))
    if fill and outside.any():
        code += f" + {call.array('fill', fill * outside)}"
    return call.output(code, "channels_first")
