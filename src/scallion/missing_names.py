"""Names of Keras and TensorFlow that are missing here, each with the reason and a replacement.

Layers are in `layers/unsupported.py`, networks in `applications`.
"""

from typing import NamedTuple


class Missing(NamedTuple):
    """Why a name is missing, and an edit that takes its place."""

    reason: str
    instead: str


_ONLY_IMAGES = "Scallion has data sets of images only"
_ARRAYS = "read the data into NumPy arrays: model.fit(x, y)"
_OWN_STEPS = Missing(
    "the engine runs whole training steps, not the gradients of other code",
    "model.fit(x, y), or model.train_on_batch(x, y) in a loop; a loss of your own in compile",
)
_CONVERTER = Missing(
    "it is TensorFlow's file format",
    'model.export("model.onnx"), or model.save("model.keras") and TensorFlow\'s converter',
)
_OPTIMIZER = Missing("the engine has no kernel for it", "AdamW(learning_rate=1e-3)")
_SEQUENCES = Missing("Scallion has no layers for sequences, only those of image networks", _ARRAYS)
_AUGMENTATION = Missing(
    "the engine has no kernel for it",
    "RandomFlip(), RandomRotation(0.1), RandomZoom(0.1), RandomContrast(0.2), RandomErasing()",
)
_TABLES = Missing(
    "Scallion has no layers for tables or text", "keras.utils.to_categorical(labels, classes)"
)
_FOREIGN = Missing("the engine runs no code of other libraries", "a custom Layer made of ops")
_SPACE_TIME = Missing(
    "Scallion has layers for images, not for sequences or volumes",
    "the layer of the same name that ends with 2D",
)
_SOUND = Missing(
    "Scallion has no functions for sound", "scipy.signal.spectrogram(x), whose result is an image"
)
_RECURRENT = Missing("Scallion has no layers for sequences", "Flatten()(x), then Dense(32)(x)")
_ADAPTIVE = Missing(
    "the engine has no kernel for it", "GlobalAveragePooling2D(), or AveragePooling2D(size)"
)

_MISSING: dict[str, Missing] = {
    **dict.fromkeys(("GradientTape", "gradients", "custom_gradient"), _OWN_STEPS),
    **dict.fromkeys(("lite", "saved_model", "TFLiteConverter"), _CONVERTER),
    **dict.fromkeys(
        (
            "Adafactor", "Ftrl", "Lamb", "LossScaleOptimizer", "MultiOptimizer", "Muon",
            "OptimizerMap", "ScheduleFreeAdamW",
        ),
        _OPTIMIZER,
    ),
    **dict.fromkeys(("CTC", "ctc", "pad_sequences", "timeseries_dataset_from_array"), _SEQUENCES),
    **dict.fromkeys(
        (
            "AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix",
            "Equalization", "MaxNumBoundingBoxes", "MixUp", "Pipeline", "RandAugment",
            "RandomColorDegeneration", "RandomElasticTransform", "RandomGaussianBlur",
            "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomSharpness",
            "Solarization",
        ),
        _AUGMENTATION,
    ),
    **dict.fromkeys(
        (
            "CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup",
            "StringLookup",
        ),
        _TABLES,
    ),
    **dict.fromkeys(("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"), _FOREIGN),
    **dict.fromkeys(
        (
            "AveragePooling3D", "AvgPool1D", "AvgPool3D", "Conv1DTranspose", "Conv3DTranspose",
            "Convolution1DTranspose", "Convolution3D", "Convolution3DTranspose", "Cropping3D",
            "GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool3D", "GlobalMaxPool1D",
            "GlobalMaxPool3D", "GlobalMaxPooling3D", "MaxPool1D", "MaxPool3D",
            "SeparableConvolution1D", "SpatialDropout1D", "SpatialDropout3D", "UpSampling3D",
            "ZeroPadding3D",
        ),
        _SPACE_TIME,
    ),
    **dict.fromkeys(("MelSpectrogram", "STFTSpectrogram"), _SOUND),
    **dict.fromkeys(
        (
            "AdditiveAttention", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRUCell",
            "GroupQueryAttention", "LSTMCell", "Masking", "RepeatVector", "ReversibleEmbedding",
            "SimpleRNNCell", "StackedRNNCells",
        ),
        _RECURRENT,
    ),
    **dict.fromkeys(
        (
            "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D",
            "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D",
        ),
        _ADAPTIVE,
    ),
    **dict.fromkeys(
        (
            "celu", "glu", "hard_shrink", "hard_tanh", "log_sigmoid", "soft_shrink", "sparse_plus",
            "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink", "threshold",
        ),
        Missing("the engine has no kernel for it", 'activation="elu", or a function of ops'),
    ),
    **dict.fromkeys(("STFT", "STFTInitializer", "stft"), _SOUND),
    **dict.fromkeys(
        (
            "disable_interactive_logging", "enable_interactive_logging",
            "is_interactive_logging_enabled",
        ),
        Missing("each call says what it prints", "model.fit(x, y, verbose=2)"),
    ),
    **dict.fromkeys(
        ("pack_x_y_sample_weight", "unpack_x_y_sample_weight"),
        Missing("it is a detail of training steps", "x, y = batch"),
    ),
    "Progbar": Missing("`fit` draws its own progress", "model.fit(x, y, verbose=1)"),
    "EinsumDense": Missing("the engine has no kernel for it", "Dense(units), over the last axis"),
    "InputSpec": Missing("layers check their inputs themselves", "keras.Input((32, 32, 3))"),
    "Wrapper": Missing("it is a base class of sequences", "a custom Layer that has the other one"),
    "dot": Missing("the engine has no kernel for it", "multiply([x, y])"),
    **dict.fromkeys(
        ("imdb", "reuters", "boston_housing", "california_housing"), Missing(_ONLY_IMAGES, _ARRAYS)
    ),
    **dict.fromkeys(
        ("text_dataset_from_directory", "audio_dataset_from_directory", "FeatureSpace"),
        Missing(_ONLY_IMAGES, _ARRAYS),
    ),
    "OrbaxCheckpoint": Missing("it is a format of JAX", 'ModelCheckpoint("best.keras")'),
    "model_to_dot": Missing("no Graphviz is needed", 'plot_model(model, "model.svg")'),
    "get_source_inputs": Missing("it is a detail of graphs", "model.inputs"),
    "Config": Missing("it is a detail of Keras", "a dict"),
    "bounding_boxes": Missing("there is no object detection", "classification of the whole image"),
    "cloud": Missing("nothing leaves this machine", "scallion study --jobs ray"),
    "experimental": Missing("it is an experiment of TensorFlow", "the name without `experimental`"),
    "result_type": Missing("all tensors are float32", "numpy.result_type(x, y)"),
    "estimator": Missing("TensorFlow itself removed it", "model.fit(x, y)"),
    "feature_column": Missing(
        "Scallion has no layers for tables", "layers.Normalization() and layers.Dense(8)"
    ),
    "keras_cv": Missing("it is another package", "keras.layers.RandomFlip() and its siblings"),
    "multi_gpu_model": Missing("the engine uses all cores of the CPU", "leave the line out"),
    "Session": Missing("it is TensorFlow 1", "model.predict(x)"),
    "placeholder": Missing("it is TensorFlow 1", "keras.Input((32, 32, 3))"),
    "while_loop": Missing("a graph has no loops", "a Python loop in `call`: it is run once"),
    "cond": Missing("a graph has no branches on values", "ops.where on arrays, before the model"),
    "RaggedTensor": Missing("images of one batch have one size", "layers.Resizing(32, 32)"),
    "SparseTensor": Missing("images are dense", "numpy arrays"),
    "TFRecordDataset": Missing(
        "its records are TensorFlow's format", "tf.data.Dataset.from_tensor_slices((x, y))"
    ),
}  # fmt: skip


def missing(name: str) -> Missing | None:
    """Return why a name is missing and what to use instead, by its last part, or None."""
    return _MISSING.get(name.rpartition(".")[2])
