"""Layer and group normalization as PyTorch code."""

import numpy as np

from scallion.export.tensor_layout import ExportTensor
from scallion.export.torch.module_writer import TorchCall, number
from scallion.layers.row_normalization import GroupNormalizationSpec


def row_normalization(call: TorchCall) -> ExportTensor:
    """Write LayerNormalization and GroupNormalization."""
    spec = call.spec
    if isinstance(spec, GroupNormalizationSpec):
        return _group_normalization(call)
    x = call.keras(call.x)
    axes = spec.affine_axes(x.shape)
    rank = len(x.shape)
    sides = [x.shape[axis] for axis in axes]
    weights = {name: call.weights[key] for name, key in _NAMES.items() if key in call.weights}
    if axes == tuple(range(rank - len(axes), rank)) and len(weights) in (0, 2):
        affine = "" if weights else ", elementwise_affine=False"
        code = f"nn.LayerNorm({sides}, eps={number(spec.epsilon)}{affine})"
        return call.output(f"{call.module(code, weights)}({x.name})")
    dims = tuple(axis + 1 for axis in axes)
    centred = f"({x.name} - {x.name}.mean(dim={dims}, keepdim=True))"
    variance = f"{x.name}.var(dim={dims}, correction=0, keepdim=True)"
    code = f"{centred} / torch.sqrt({variance} + {number(spec.epsilon)})"
    broadcast = [side if axis in axes else 1 for axis, side in enumerate(x.shape)]
    for part, sign in (("gamma", "*"), ("beta", "+")):
        if part in call.weights:
            weight = call.array(part, call.weights[part].reshape(broadcast), trains=True)
            code += f" {sign} {weight}"
    return call.output(code)


_NAMES = {"weight": "gamma", "bias": "beta"}


def _group_normalization(call: TorchCall) -> ExportTensor:
    """Write nn.GroupNorm, which takes the channels first."""
    spec, shape = call.spec, call.x.shape
    channels = shape[-1]
    groups = spec.row_shape(shape)[-2]
    if len(shape) == 3:
        x = call.channels_first(call.x)
        name, back = x.name, ""
    else:
        x = call.keras(call.x)
        back = ".movedim(1, -1)" if len(shape) > 1 else ""
        name = f"{x.name}.movedim(-1, 1)" if back else x.name
    weights = {name: call.weights[key] for name, key in _NAMES.items() if key in call.weights}
    if len(weights) == 1:  # PyTorch has both or none
        weights = {
            "weight": weights.get("weight", np.ones(channels, np.float32)),
            "bias": weights.get("bias", np.zeros(channels, np.float32)),
        }
    affine = "" if weights else ", affine=False"
    code = f"nn.GroupNorm({groups}, {channels}, eps={number(spec.epsilon)}{affine})"
    return call.like(x, f"{call.module(code, weights)}({name}){back}")


def unit_normalization(call: TorchCall) -> ExportTensor:
    """Write UnitNormalization: x / max(norm, smallest norm)."""
    x = call.keras(call.x)
    axes = tuple(axis + 1 for axis in call.spec.image_axes(x.shape))
    norm = f"{x.name}.norm(dim={axes}, keepdim=True).clamp(min={call.spec.smallest_norm!r})"
    return call.output(f"{x.name} / {norm}")
