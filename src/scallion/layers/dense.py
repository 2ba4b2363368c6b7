"""Fully connected layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Unpack

from scallion import activations, constraints, initializers, regularizers
from scallion.activations import ActivationFunction
from scallion.constraints import Constraint
from scallion.initializers import Initializer
from scallion.layers.base.activation_argument import split_activation
from scallion.layers.base.argument_checks import checked_int, refuse_arguments
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec, WeightSpec, channel_count
from scallion.regularizers import Regularizer


@dataclass(frozen=True, slots=True, eq=False)
class DenseSpec(Spec):
    """Multiply the last axis by a matrix and add a bias: (..., C) -> (..., units).

    >>> DenseSpec(100).arithmetic((3072,)), DenseSpec(100).arithmetic((32, 32, 3))
    ('3072*100 + 100 = 307300', '3*100 + 100 = 400')
    """

    family: ClassVar[Family] = "weights"
    fixed_config: ClassVar[Mapping[str, Any]] = {
        "quantization_config": None,
    }

    units: int
    activation: ActivationFunction = activations.linear
    use_bias: bool = True
    kernel_initializer: Initializer = initializers.GlorotUniform()
    bias_initializer: Initializer = initializers.Zeros()
    kernel_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    kernel_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        channel_count(shapes[0])
        return (*shapes[0][:-1], self.units)

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        kernel = WeightSpec(
            "kernel",
            (channel_count(shapes[0]), self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        bias = WeightSpec(
            "bias",
            (self.units,),
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )
        return (kernel, bias) if self.use_bias else (kernel,)

    def macs(self, *shapes: Shape) -> int:
        return prod(shapes[0]) * self.units

    def note(self, *shapes: Shape) -> str:
        *positions, channels = shapes[0]
        if not positions:
            return ""
        return (
            f"Dense applies to the last axis only: {channels} values in, {self.units} out, "
            f"with the same weights at each of {'*'.join(map(str, positions))} positions. "
            f"After a Flatten: {self.arithmetic((prod(shapes[0]),))}"
        )


class Dense(Layer):
    """A fully connected layer on the last axis of its input."""

    spec: DenseSpec

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: Any = None,
        lora_alpha: Any = None,
        quantization_config: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse_arguments(
            "Dense",
            activity_regularizer=activity_regularizer,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        own_activation, following = split_activation(activation)
        spec = DenseSpec(
            checked_int("units", units),
            own_activation,
            bool(use_bias),
            initializers.get(kernel_initializer),
            initializers.get(bias_initializer),
            regularizers.get(kernel_regularizer),
            regularizers.get(bias_regularizer),
            constraints.get(kernel_constraint),
            constraints.get(bias_constraint),
        )
        super().__init__(spec, **options)
        self.following = following


__all__ = ["Dense", "DenseSpec"]
