"""The networks of networks.py in PyTorch, for images of (channels, height, width)."""

from collections.abc import Callable

import torch
from torch import nn


class Residual(nn.Module):
    """Two branches that are added, then ReLU."""

    def __init__(self, main: nn.Module, way: nn.Module) -> None:
        super().__init__()
        self.main = main
        self.way = way

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.main(x) + self.way(x))


def lesson() -> nn.Module:
    return nn.Sequential(
        *_pooled(3, 32), *_pooled(32, 32), nn.Conv2d(32, 32, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(512, 32), nn.ReLU(), nn.Linear(32, 10),
    )  # fmt: skip


def first_lesson() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 32, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(25088, 10),
    )  # fmt: skip


def mnist() -> nn.Module:
    return nn.Sequential(
        *_pooled(1, 32), *_pooled(32, 64), nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)
    )


def wide_dense() -> nn.Module:
    return nn.Sequential(
        *_pooled(3, 50), *_pooled(50, 50),
        nn.Flatten(), nn.Linear(9800, 50), nn.ReLU(), nn.Linear(50, 10),
    )  # fmt: skip


def vgg() -> nn.Module:
    stages: list[nn.Module] = []
    channels = 3
    for filters in (64, 128, 256):
        stages += [_normalized(channels, filters), _normalized(filters, filters), nn.MaxPool2d(2)]
        channels = filters
    return nn.Sequential(*stages, *_head(channels))


def resnet20() -> nn.Module:
    blocks: list[nn.Module] = [_normalized(3, 16)]
    channels = 16
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            stride = 2 if stage > 0 and block == 0 else 1
            main = nn.Sequential(
                _normalized(channels, filters, stride), _normalized(filters, filters, relu=False)
            )
            way = (
                nn.Identity()
                if stride == 1
                else _normalized(channels, filters, stride, kernel=1, relu=False)
            )
            blocks.append(Residual(main, way))
            channels = filters
    return nn.Sequential(*blocks, *_head(channels))


def mobile() -> nn.Module:
    blocks: list[nn.Module] = [_normalized(3, 32, 2)]
    channels = 32
    for filters, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
        blocks.append(_normalized(channels, channels, stride, groups=channels))
        blocks.append(_normalized(channels, filters, kernel=1))
        channels = filters
    return nn.Sequential(*blocks, *_head(channels))


def _pooled(channels: int, filters: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, filters, 3), nn.ReLU(), nn.MaxPool2d(2)]


def _normalized(
    channels: int,
    filters: int,
    stride: int = 1,
    *,
    kernel: int = 3,
    groups: int = 1,
    relu: bool = True,
) -> nn.Module:
    convolution = nn.Conv2d(
        channels, filters, kernel, stride, padding=kernel // 2, groups=groups, bias=False
    )
    # Keras' defaults, so that both do the same: epsilon 1e-3, momentum 0.99.
    normalization = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)
    return nn.Sequential(convolution, normalization, *([nn.ReLU()] if relu else []))


def _head(channels: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "lesson": lesson,
    "first-lesson": first_lesson,
    "mnist": mnist,
    "wide-dense": wide_dense,
    "vgg": vgg,
    "resnet20": resnet20,
    "mobile": mobile,
}
