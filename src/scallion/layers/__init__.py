"""Layers, with Keras' names, arguments and defaults."""

from typing import NoReturn

from scallion.layers import unsupported
from scallion.layers.activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from scallion.layers.augmentation import (
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
from scallion.layers.base.layer import Layer, Variable
from scallion.layers.convolutions.convolution import Conv2D
from scallion.layers.convolutions.depthwise import DepthwiseConv2D, SeparableConv2D
from scallion.layers.convolutions.transposed import Conv2DTranspose
from scallion.layers.dense import Dense
from scallion.layers.functions import Identity, Lambda
from scallion.layers.input_layer import Input, InputLayer
from scallion.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    maximum,
    minimum,
    multiply,
    subtract,
)
from scallion.layers.normalization import BatchNormalization
from scallion.layers.operators import arithmetic as _arithmetic  # noqa: F401 # pyright: ignore[reportUnusedImport] (it gives tensors their operators)
from scallion.layers.operators.rescaling import Rescaling
from scallion.layers.operators.unit_normalization import UnitNormalization
from scallion.layers.pooling import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)
from scallion.layers.preprocessing import CenterCrop, Normalization, Resizing
from scallion.layers.regularization import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout2D,
)
from scallion.layers.reshaping import (
    Cropping2D,
    Flatten,
    Permute,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)
from scallion.layers.row_normalization import GroupNormalization, LayerNormalization

AvgPool2D = AveragePooling2D
Convolution2D = Conv2D
Convolution2DTranspose = Conv2DTranspose
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool2D = GlobalMaxPooling2D
MaxPool2D = MaxPooling2D
SeparableConvolution2D = SeparableConv2D

__all__ = [
    "ELU",
    "Activation",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "CenterCrop",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "Softmax",
    "SpatialDropout2D",
    "Subtract",
    "UnitNormalization",
    "UpSampling2D",
    "Variable",
    "ZeroPadding2D",
    "add",
    "average",
    "concatenate",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


def __getattr__(name: str) -> NoReturn:
    raise unsupported.unsupported_layer(name, __all__)
