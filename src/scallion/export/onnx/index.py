"""The index of converters: how ONNX computes each kind of layer, or why it does not.

A new layer needs one row here; `tests/export/onnx/test_index.py` checks that none is missing.
"""

from scallion.engine.refusal import Refusal
from scallion.export.onnx.conversion import Converter
from scallion.export.onnx.layers import (
    activation,
    merging,
    normalization,
    pooling,
    preprocessing,
    reshaping,
    weights,
)
from scallion.graph.nested_models import NestedModelSpec
from scallion.layers.activation import (
    ActivationSpec,
    ELUSpec,
    GeluSpec,
    LeakyReLUSpec,
    PReLUSpec,
    ReLUSpec,
    SoftmaxSpec,
)
from scallion.layers.augmentation import (
    RandomBrightnessSpec,
    RandomContrastSpec,
    RandomCropSpec,
    RandomErasingSpec,
    RandomFlipSpec,
    RandomRotationSpec,
    RandomTranslationSpec,
    RandomZoomSpec,
)
from scallion.layers.base.spec import Spec
from scallion.layers.convolutions.convolution import Conv2DSpec
from scallion.layers.convolutions.depthwise import DepthwiseConv2DSpec, SeparableConv2DSpec
from scallion.layers.convolutions.transposed import Conv2DTransposeSpec
from scallion.layers.dense import DenseSpec
from scallion.layers.input_layer import InputLayerSpec
from scallion.layers.merging import (
    AddSpec,
    AverageSpec,
    ConcatenateSpec,
    MaximumSpec,
    MinimumSpec,
    MultiplySpec,
    SubtractSpec,
)
from scallion.layers.normalization import BatchNormalizationSpec
from scallion.layers.operators.constant import ConstantSpec
from scallion.layers.operators.elementwise import LogSpec, SqrtSpec, TrueDivideSpec
from scallion.layers.operators.parameter import ParameterSpec
from scallion.layers.operators.reduction import MeanSpec, SumSpec
from scallion.layers.operators.rescaling import RescalingSpec
from scallion.layers.operators.slicing import SliceSpec
from scallion.layers.operators.unit_normalization import NormalizeSpec, UnitNormalizationSpec
from scallion.layers.pooling import (
    AveragePooling2DSpec,
    GlobalAveragePooling2DSpec,
    GlobalMaxPooling2DSpec,
    MaxPooling2DSpec,
)
from scallion.layers.preprocessing import CenterCropSpec, NormalizationSpec, ResizingSpec
from scallion.layers.regularization import (
    AlphaDropoutSpec,
    DropoutSpec,
    GaussianDropoutSpec,
    GaussianNoiseSpec,
    SpatialDropout2DSpec,
)
from scallion.layers.reshaping import (
    Cropping2DSpec,
    FlattenSpec,
    PermuteSpec,
    ReshapeSpec,
    UpSampling2DSpec,
    ZeroPadding2DSpec,
)
from scallion.layers.row_normalization import GroupNormalizationSpec, LayerNormalizationSpec

CONVERTERS: dict[type[Spec], Converter | Refusal] = {
    # convolution.py, depthwise.py, dense.py, normalization.py
    Conv2DSpec: weights.conv2d,
    Conv2DTransposeSpec: weights.conv2d_transpose,
    DepthwiseConv2DSpec: weights.depthwise_conv2d,
    SeparableConv2DSpec: weights.separable_conv2d,
    DenseSpec: weights.dense,
    BatchNormalizationSpec: weights.batch_normalization,
    GroupNormalizationSpec: normalization.row_normalization,
    LayerNormalizationSpec: normalization.row_normalization,
    NormalizeSpec: normalization.unit_normalization,
    UnitNormalizationSpec: normalization.unit_normalization,
    # activation.py
    ActivationSpec: activation.activation,
    ELUSpec: activation.elu,
    GeluSpec: activation.gelu_tanh,
    LeakyReLUSpec: activation.leaky_relu,
    PReLUSpec: activation.prelu,
    ReLUSpec: activation.relu,
    SoftmaxSpec: activation.softmax,
    LogSpec: activation.log,
    SqrtSpec: activation.sqrt,
    # pooling.py
    AveragePooling2DSpec: pooling.average_pooling2d,
    GlobalAveragePooling2DSpec: pooling.global_average_pooling2d,
    GlobalMaxPooling2DSpec: pooling.global_max_pooling2d,
    MaxPooling2DSpec: pooling.max_pooling2d,
    MeanSpec: reshaping.reduce_mean,
    SumSpec: reshaping.reduce_sum,
    # regularization.py
    AlphaDropoutSpec: reshaping.identity,
    DropoutSpec: reshaping.identity,
    GaussianDropoutSpec: reshaping.identity,
    GaussianNoiseSpec: reshaping.identity,
    SpatialDropout2DSpec: reshaping.identity,
    # reshaping.py, operators
    Cropping2DSpec: reshaping.cropping2d,
    FlattenSpec: reshaping.flatten,
    ConstantSpec: reshaping.constant,
    ParameterSpec: reshaping.parameter,
    PermuteSpec: reshaping.permute,
    ReshapeSpec: reshaping.reshape,
    SliceSpec: reshaping.slice_images,
    UpSampling2DSpec: reshaping.up_sampling2d,
    ZeroPadding2DSpec: reshaping.zero_padding2d,
    # merging.py
    AddSpec: merging.add,
    AverageSpec: merging.average,
    ConcatenateSpec: merging.concatenate,
    MaximumSpec: merging.maximum,
    MinimumSpec: merging.minimum,
    MultiplySpec: merging.multiply,
    SubtractSpec: merging.subtract,
    TrueDivideSpec: merging.true_divide,
    # preprocessing.py
    CenterCropSpec: preprocessing.center_crop,
    NormalizationSpec: preprocessing.normalization,
    RescalingSpec: preprocessing.rescaling,
    ResizingSpec: preprocessing.resizing,
    # augmentation.py
    RandomBrightnessSpec: reshaping.identity,
    RandomContrastSpec: reshaping.identity,
    RandomCropSpec: preprocessing.center_crop,
    RandomErasingSpec: reshaping.identity,
    RandomFlipSpec: reshaping.identity,
    RandomRotationSpec: reshaping.identity,
    RandomTranslationSpec: reshaping.identity,
    RandomZoomSpec: reshaping.identity,
    # Not layers of their own.
    InputLayerSpec: Refusal("inputs are given, not computed"),
    NestedModelSpec: Refusal("nested models are flattened first"),
}
