"""The index of converters: the PyTorch code of each kind of layer, or why there is none.

A new layer needs one row here; `tests/export/torch/test_module_source.py` checks that.
"""

from scallion.engine.refusal import Refusal
from scallion.export.torch import layers, more_layers, normalization
from scallion.export.torch.layers import TorchConverter
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

TORCH_CONVERTERS: dict[type[Spec], TorchConverter | Refusal] = {
    # convolution.py, depthwise.py, dense.py, normalization.py
    Conv2DSpec: layers.conv2d,
    Conv2DTransposeSpec: layers.conv2d_transpose,
    DepthwiseConv2DSpec: layers.depthwise_conv2d,
    SeparableConv2DSpec: layers.separable_conv2d,
    DenseSpec: layers.dense,
    BatchNormalizationSpec: layers.batch_normalization,
    GroupNormalizationSpec: normalization.row_normalization,
    LayerNormalizationSpec: normalization.row_normalization,
    NormalizeSpec: normalization.unit_normalization,
    UnitNormalizationSpec: normalization.unit_normalization,
    # activation.py
    ActivationSpec: layers.activation,
    ELUSpec: more_layers.elu,
    GeluSpec: more_layers.gelu_tanh,
    LeakyReLUSpec: more_layers.leaky_relu,
    PReLUSpec: more_layers.prelu,
    ReLUSpec: more_layers.relu,
    SoftmaxSpec: more_layers.softmax,
    LogSpec: more_layers.log,
    SqrtSpec: more_layers.sqrt,
    # pooling.py
    AveragePooling2DSpec: layers.average_pooling2d,
    GlobalAveragePooling2DSpec: layers.global_average_pooling2d,
    GlobalMaxPooling2DSpec: layers.global_max_pooling2d,
    MaxPooling2DSpec: layers.max_pooling2d,
    MeanSpec: more_layers.reduce_mean,
    SumSpec: more_layers.reduce_sum,
    # regularization.py
    AlphaDropoutSpec: layers.identity,
    DropoutSpec: layers.dropout,
    GaussianDropoutSpec: layers.identity,
    GaussianNoiseSpec: layers.identity,
    SpatialDropout2DSpec: layers.spatial_dropout2d,
    # more_layers.py, operators
    Cropping2DSpec: more_layers.cropping2d,
    FlattenSpec: more_layers.flatten,
    ConstantSpec: more_layers.constant,
    ParameterSpec: more_layers.parameter,
    PermuteSpec: more_layers.permute,
    ReshapeSpec: more_layers.reshape,
    SliceSpec: more_layers.slice_images,
    UpSampling2DSpec: more_layers.up_sampling2d,
    ZeroPadding2DSpec: more_layers.zero_padding2d,
    # merging.py
    AddSpec: more_layers.add,
    AverageSpec: more_layers.average,
    ConcatenateSpec: more_layers.concatenate,
    MaximumSpec: more_layers.maximum,
    MinimumSpec: more_layers.minimum,
    MultiplySpec: more_layers.multiply,
    SubtractSpec: more_layers.subtract,
    TrueDivideSpec: more_layers.true_divide,
    # preprocessing.py
    CenterCropSpec: more_layers.center_crop,
    NormalizationSpec: more_layers.normalization,
    RescalingSpec: more_layers.rescaling,
    ResizingSpec: more_layers.resizing,
    # augmentation.py
    RandomBrightnessSpec: layers.identity,
    RandomContrastSpec: layers.identity,
    RandomCropSpec: more_layers.center_crop,
    RandomErasingSpec: layers.identity,
    RandomFlipSpec: layers.identity,
    RandomRotationSpec: layers.identity,
    RandomTranslationSpec: layers.identity,
    RandomZoomSpec: layers.identity,
    # Not layers of their own.
    InputLayerSpec: Refusal("inputs are given, not computed"),
    NestedModelSpec: Refusal("nested models are flattened first"),
}
