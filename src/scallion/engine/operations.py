"""The index of operations: how each engine computes each kind of layer.

A new layer needs one row here: its reference operation and its lowering rule, or the reason why an
engine has none. `tests/engine/test_operation_index.py` checks that every specification of
`scallion.layers` has a row. Losses and optimizers have tables of their own: `LOSSES` in
`lowering/losses.py`, `OPTIMIZERS` in `lowering/optimizers.py`.
"""

from dataclasses import dataclass

from scallion.engine.lowering import activations as lower_activations
from scallion.engine.lowering import augmentation as lower_augmentation
from scallion.engine.lowering import merging as lower_merging
from scallion.engine.lowering import normalization as lower_normalization
from scallion.engine.lowering import parameter as lower_parameter
from scallion.engine.lowering import pooling as lower_pooling
from scallion.engine.lowering import prelu as lower_prelu
from scallion.engine.lowering import preprocessing as lower_preprocessing
from scallion.engine.lowering import regularization as lower_regularization
from scallion.engine.lowering import reshaping as lower_reshaping
from scallion.engine.lowering import row_normalization as lower_rows
from scallion.engine.lowering import softmax as lower_softmax
from scallion.engine.lowering.base.rule import LoweringRule
from scallion.engine.lowering.convolutions import convolution as lower_convolution
from scallion.engine.lowering.convolutions import dense as lower_dense
from scallion.engine.lowering.convolutions import depthwise as lower_depthwise
from scallion.engine.lowering.convolutions import transposed as lower_transposed
from scallion.engine.reference import (
    activations,
    augmentation,
    convolution,
    dense,
    depthwise,
    merging,
    normalization,
    parameter,
    pooling,
    preprocessing,
    regularization,
    reshaping,
)
from scallion.engine.reference.layer_call import ForwardFunction
from scallion.engine.refusal import Refusal
from scallion.errors import EngineError, UnsupportedError
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
from scallion.layers.base.tensor import Node
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


@dataclass(frozen=True, slots=True)
class Operation:
    """The functions with which the engines compute one kind of layer.

    `reference` computes it in NumPy, `native` lowers it to instructions of the core. A layer that
    is not `differentiable` passes no gradient back, so nothing before it can be trained.
    """

    reference: ForwardFunction | Refusal
    native: LoweringRule | Refusal
    differentiable: bool = True


_activation = LoweringRule(lower_activations.forward, lower_activations.backward)
_merge = LoweringRule(lower_merging.forward, lower_merging.backward)
_noise = LoweringRule(lower_regularization.forward, lower_regularization.backward)
_reshape = LoweringRule(lower_reshaping.reshape_forward, lower_reshaping.reshape_backward)
_movement = LoweringRule(lower_reshaping.forward, lower_reshaping.backward)
_reduction = LoweringRule(lower_rows.reduction_forward, lower_rows.reduction_backward)
_unit = LoweringRule(lower_rows.unit_forward, lower_rows.unit_backward)
_rows = LoweringRule(lower_rows.forward, lower_rows.backward)
_augmentation = LoweringRule(lower_augmentation.forward, None)

OPERATIONS: dict[type[Spec], Operation] = {
    # convolution.py, depthwise.py, dense.py
    Conv2DSpec: Operation(
        convolution.conv2d, LoweringRule(lower_convolution.forward, lower_convolution.backward)
    ),
    Conv2DTransposeSpec: Operation(
        convolution.conv2d_transpose,
        LoweringRule(lower_transposed.forward, lower_transposed.backward),
    ),
    DepthwiseConv2DSpec: Operation(
        depthwise.depthwise_conv2d,
        LoweringRule(lower_depthwise.forward, lower_depthwise.backward),
    ),
    SeparableConv2DSpec: Operation(
        depthwise.separable_conv2d,
        LoweringRule(lower_depthwise.separable_forward, lower_depthwise.separable_backward),
    ),
    DenseSpec: Operation(dense.dense, LoweringRule(lower_dense.forward, lower_dense.backward)),
    # activation.py
    ActivationSpec: Operation(activations.activation, _activation),
    ELUSpec: Operation(activations.elu, _activation),
    GeluSpec: Operation(activations.gelu_tanh, _activation),
    LeakyReLUSpec: Operation(activations.leaky_relu, _activation),
    PReLUSpec: Operation(
        activations.prelu, LoweringRule(lower_prelu.forward, lower_prelu.backward)
    ),
    LogSpec: Operation(activations.log, _activation),
    SqrtSpec: Operation(activations.sqrt, _activation),
    ReLUSpec: Operation(activations.relu, _activation),
    SoftmaxSpec: Operation(
        activations.softmax, LoweringRule(lower_softmax.forward, lower_softmax.backward)
    ),
    # normalization.py
    BatchNormalizationSpec: Operation(
        normalization.batch_normalization,
        LoweringRule(lower_normalization.forward, lower_normalization.backward),
    ),
    GroupNormalizationSpec: Operation(normalization.row_normalization, _rows),
    LayerNormalizationSpec: Operation(normalization.row_normalization, _rows),
    NormalizeSpec: Operation(normalization.unit_normalization, _unit),
    UnitNormalizationSpec: Operation(normalization.unit_normalization, _unit),
    # pooling.py
    AveragePooling2DSpec: Operation(
        pooling.average_pooling2d,
        LoweringRule(lower_pooling.average_forward, lower_pooling.average_backward),
    ),
    GlobalAveragePooling2DSpec: Operation(
        pooling.global_average_pooling2d,
        LoweringRule(lower_pooling.global_average_forward, lower_pooling.global_average_backward),
    ),
    GlobalMaxPooling2DSpec: Operation(
        pooling.global_max_pooling2d,
        LoweringRule(lower_pooling.global_max_forward, lower_pooling.global_max_backward),
    ),
    MaxPooling2DSpec: Operation(
        pooling.max_pooling2d, LoweringRule(lower_pooling.max_forward, lower_pooling.max_backward)
    ),
    MeanSpec: Operation(pooling.reduce_mean, _reduction),
    SumSpec: Operation(pooling.reduce_sum, _reduction),
    # regularization.py
    AlphaDropoutSpec: Operation(regularization.alpha_dropout, _noise),
    DropoutSpec: Operation(regularization.dropout, _noise),
    GaussianDropoutSpec: Operation(regularization.gaussian_dropout, _noise),
    GaussianNoiseSpec: Operation(regularization.gaussian_noise, _noise),
    SpatialDropout2DSpec: Operation(regularization.spatial_dropout2d, _noise),
    # reshaping.py
    Cropping2DSpec: Operation(reshaping.cropping2d, _movement),
    FlattenSpec: Operation(reshaping.flatten, _reshape),
    PermuteSpec: Operation(reshaping.permute, _movement),
    ReshapeSpec: Operation(reshaping.reshape, _reshape),
    SliceSpec: Operation(reshaping.slice_images, _movement),
    UpSampling2DSpec: Operation(reshaping.up_sampling2d, _movement),
    ZeroPadding2DSpec: Operation(reshaping.zero_padding2d, _movement),
    # parameter.py
    ConstantSpec: Operation(
        parameter.constant,
        LoweringRule(lower_parameter.constant_forward, lower_parameter.constant_backward),
    ),
    ParameterSpec: Operation(
        parameter.parameter, LoweringRule(lower_parameter.forward, lower_parameter.backward)
    ),
    # merging.py
    AddSpec: Operation(merging.add, _merge),
    AverageSpec: Operation(merging.average, _merge),
    ConcatenateSpec: Operation(
        merging.concatenate,
        LoweringRule(lower_merging.concatenate_forward, lower_merging.concatenate_backward),
    ),
    MaximumSpec: Operation(merging.maximum, _merge),
    MinimumSpec: Operation(merging.minimum, _merge),
    MultiplySpec: Operation(merging.multiply, _merge),
    SubtractSpec: Operation(merging.subtract, _merge),
    TrueDivideSpec: Operation(merging.true_divide, _merge),
    # preprocessing.py
    CenterCropSpec: Operation(
        preprocessing.center_crop,
        LoweringRule(lower_preprocessing.center_crop_forward, None),
        differentiable=False,
    ),
    NormalizationSpec: Operation(
        preprocessing.normalization,
        LoweringRule(lower_preprocessing.normalization_forward, None),
        differentiable=False,
    ),
    RescalingSpec: Operation(
        preprocessing.rescaling,
        LoweringRule(lower_preprocessing.rescaling_forward, lower_preprocessing.rescaling_backward),
    ),
    ResizingSpec: Operation(
        preprocessing.resizing,
        LoweringRule(lower_preprocessing.resizing_forward, None),
        differentiable=False,
    ),
    # augmentation.py
    RandomBrightnessSpec: Operation(augmentation.random_brightness, _augmentation, False),
    RandomContrastSpec: Operation(augmentation.random_contrast, _augmentation, False),
    RandomCropSpec: Operation(augmentation.random_crop, _augmentation, False),
    RandomErasingSpec: Operation(augmentation.random_erasing, _augmentation, False),
    RandomFlipSpec: Operation(augmentation.random_flip, _augmentation, False),
    RandomRotationSpec: Operation(augmentation.random_rotation, _augmentation, False),
    RandomTranslationSpec: Operation(augmentation.random_translation, _augmentation, False),
    RandomZoomSpec: Operation(augmentation.random_zoom, _augmentation, False),
    # Not layers of their own.
    InputLayerSpec: Operation(
        Refusal("inputs are given, not computed"),
        LoweringRule(lower_preprocessing.input_forward, None),
        differentiable=False,
    ),
    NestedModelSpec: Operation(
        Refusal("nested models are flattened first: scallion.graph.nested_models.flatten_nested"),
        Refusal("nested models are flattened first: scallion.graph.nested_models.flatten_nested"),
    ),
}

_WITHOUT_ROW = Refusal("it has no row in scallion.engine.operations")


def reference_operation(node: Node) -> ForwardFunction:
    """Return the reference operation of a call. Raises EngineError where there is none."""
    row = OPERATIONS.get(type(node.layer.spec))
    operation = _WITHOUT_ROW if row is None else row.reference
    if isinstance(operation, Refusal):
        raise EngineError(
            f"the reference engine cannot run layer {node.layer.name!r} "
            f"({type(node.layer.spec).__name__}): {operation.reason}",
            hint="leave out this layer",
        )
    return operation


def lowering_rule(node: Node) -> LoweringRule:
    """Return the lowering rule of a call. Raises UnsupportedError where there is none."""
    row = OPERATIONS.get(type(node.layer.spec))
    rule = _WITHOUT_ROW if row is None else row.native
    if isinstance(rule, Refusal):
        raise UnsupportedError(
            f"the native engine cannot run layer {node.layer.name!r} "
            f"({type(node.layer).__name__}): {rule.reason}",
            hint='compile(engine="reference") runs it, slowly',
        )
    return rule


def is_differentiable(node: Node) -> bool:
    """Return whether a call passes gradients back to its inputs."""
    row = OPERATIONS.get(type(node.layer.spec))
    return row is None or row.differentiable
