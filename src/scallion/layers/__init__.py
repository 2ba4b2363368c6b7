"""The layers, by Keras' names."""

from scallion.layers.activation import Activation, ReLU, Rescaling, Softmax
from scallion.layers.convolution import Conv2D
from scallion.layers.core import Dense, Flatten
from scallion.layers.entry import Input, InputLayer
from scallion.layers.layer import Layer, Variable
from scallion.layers.merging import Add
from scallion.layers.normalization import BatchNormalization
from scallion.layers.pooling import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D
from scallion.layers.regularization import Dropout

AvgPool2D = AveragePooling2D
Convolution2D = Conv2D
GlobalAvgPool2D = GlobalAveragePooling2D
MaxPool2D = MaxPooling2D

__all__ = [
    "Activation",
    "Add",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "Conv2D",
    "Convolution2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "Input",
    "InputLayer",
    "Layer",
    "MaxPool2D",
    "MaxPooling2D",
    "ReLU",
    "Rescaling",
    "Softmax",
    "Variable",
]
