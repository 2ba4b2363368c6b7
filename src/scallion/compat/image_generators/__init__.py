"""`ImageDataGenerator` of `tensorflow.keras.preprocessing.image`, and its iterators."""

from scallion.compat.image_generators.generator import ImageDataGenerator
from scallion.compat.image_generators.iterators import (
    DataFrameIterator,
    DirectoryIterator,
    Iterator,
    NumpyArrayIterator,
)

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
]
