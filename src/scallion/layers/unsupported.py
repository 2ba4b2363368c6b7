"""Layers of Keras that are missing here: each is refused by name, with what to use instead."""

from scallion.errors import ScallionError, UnsupportedError, unknown_attribute

_IMAGES_ONLY = "Scallion has the layers of image networks: Flatten()(x), then Dense(32)(x)"
_ONE_DIMENSIONAL = "add an axis of height 1, Reshape((1, steps, channels)), and use the 2D layer"

_INSTEAD = {
    **dict.fromkeys(
        (
            "AveragePooling1D", "Conv1D", "Convolution1D", "Cropping1D", "DepthwiseConv1D",
            "GlobalAveragePooling1D", "GlobalMaxPooling1D", "MaxPooling1D", "SeparableConv1D",
            "UpSampling1D", "ZeroPadding1D",
        ),
        _ONE_DIMENSIONAL,
    ),
    **dict.fromkeys(
        (
            "Attention", "Bidirectional", "Conv3D", "Embedding", "GRU", "LSTM", "MaxPooling3D",
            "MultiHeadAttention", "RNN", "SimpleRNN", "TextVectorization", "TimeDistributed",
        ),
        _IMAGES_ONLY,
    ),
    "RMSNormalization": "LayerNormalization()",
    "ActivityRegularization": "kernel_regularizer=L2(0.001) on the layer itself",
    "Dot": "Multiply()([x, y])",
    "SpectralNormalization": "kernel_constraint=UnitNorm() on the layer itself",
    "ThresholdedReLU": "ReLU(threshold=1.0)",
}  # fmt: skip


def unsupported_layer(name: str, known: list[str]) -> ScallionError:
    """Return the error for a layer of Keras that is missing here, or for an unknown name."""
    if name not in _INSTEAD:
        return unknown_attribute("scallion.layers", name, known)
    return UnsupportedError(f"there is no layer {name}", hint=_INSTEAD[name], value=name)
