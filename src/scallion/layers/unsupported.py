"""Layers that Keras has and we do not: each is refused by name, with what does its work here."""

from scallion.errors import ScallionError, UnsupportedError, unknown_attribute

_IMAGES_ONLY = "open the model in Keras itself: the layers here are those of image networks"
_ROWS = "give each row a height of 1: Reshape((1, steps, channels)), and then the 2D layer"
_SPREAD = 'UpSampling2D()(x), and then Conv2D(filters, 3, padding="same")'
_NORMAL = "BatchNormalization()"

_INSTEAD = {
    **dict.fromkeys(
        (
            "AveragePooling1D", "Conv1D", "Convolution1D", "Cropping1D", "DepthwiseConv1D",
            "GlobalAveragePooling1D", "GlobalMaxPooling1D", "MaxPooling1D", "SeparableConv1D",
            "UpSampling1D", "ZeroPadding1D",
        ),
        _ROWS,
    ),
    **dict.fromkeys(
        (
            "Attention", "Bidirectional", "Conv3D", "Embedding", "GRU", "LSTM", "MaxPooling3D",
            "MultiHeadAttention", "RNN", "SimpleRNN", "TextVectorization", "TimeDistributed",
        ),
        _IMAGES_ONLY,
    ),
    **dict.fromkeys(("Conv2DTranspose", "Convolution2DTranspose"), _SPREAD),
    **dict.fromkeys(
        ("GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"),
        _NORMAL,
    ),
    "ActivityRegularization": "kernel_regularizer=L2(0.001) on the layer itself",
    "Dot": "Multiply()([x, y])",
    "Lambda": "layers, such as Rescaling or Activation; a model holds no code",
    "SpectralNormalization": "kernel_constraint=UnitNorm() on the layer itself",
    "ThresholdedReLU": "ReLU(threshold=1.0)",
}  # fmt: skip


def unsupported_layer(name: str, known: list[str]) -> ScallionError:
    """The error for a layer that is not there."""
    if name not in _INSTEAD:
        return unknown_attribute("scallion.layers", name, known)
    return UnsupportedError(f"there is no layer {name}", hint=_INSTEAD[name])
