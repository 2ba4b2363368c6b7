"""The layers, by Keras' names."""

from scallion.layers.convolution import Conv2D
from scallion.layers.core import Activation, Dense, Flatten, Input, InputLayer
from scallion.layers.layer import Layer, Variable
from scallion.layers.pooling import MaxPooling2D

__all__ = [
    "Activation",
    "Conv2D",
    "Dense",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "MaxPooling2D",
    "Variable",
]
