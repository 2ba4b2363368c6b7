"""The lazy input pipelines of `tf.data`."""

from scallion.datasets.pipeline.dataset import Dataset, Options
from scallion.datasets.pipeline.element_source import INFINITE, UNKNOWN
from scallion.datasets.pipeline.element_spec import DatasetSpec, TensorShape, TensorSpec

AUTOTUNE = -1
"""Accepted for sizes of buffers and numbers of parallel calls, which have no effect."""

__all__ = [
    "AUTOTUNE",
    "INFINITE",
    "UNKNOWN",
    "Dataset",
    "DatasetSpec",
    "Options",
    "TensorShape",
    "TensorSpec",
]
