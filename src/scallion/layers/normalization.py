"""Batch normalization."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Unpack

from scallion import constraints, initializers, regularizers
from scallion.constraints import Constraint
from scallion.errors import ArgumentError, UnsupportedError
from scallion.initializers import Initializer
from scallion.layers.base.argument_checks import checked_float, refuse_arguments
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec, WeightSpec, channel_count
from scallion.regularizers import Regularizer


@dataclass(frozen=True, slots=True, eq=False)
class BatchNormalizationSpec(Spec):
    """Normalize each channel over the batch, then scale by `gamma` and shift by `beta`.

    Prediction uses the moving mean and variance instead of those of the batch (Ioffe, Szegedy
    2015).

    >>> BatchNormalizationSpec().arithmetic((15, 15, 32))
    '32 + 32 + 32 + 32 = 128'
    """

    family: ClassVar[Family] = "normalization"
    fixed_config: ClassVar[Mapping[str, Any]] = {
        "renorm": False,
        "renorm_clipping": None,
        "renorm_momentum": 0.99,
        "synchronized": False,
    }

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = initializers.Zeros()
    gamma_initializer: Initializer = initializers.Ones()
    moving_mean_initializer: Initializer = initializers.Zeros()
    moving_variance_initializer: Initializer = initializers.Ones()
    beta_regularizer: Regularizer | None = None
    gamma_regularizer: Regularizer | None = None
    beta_constraint: Constraint | None = None
    gamma_constraint: Constraint | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        channel_count(shape)
        if self.axis not in (-1, len(shape)):
            raise UnsupportedError(
                "BatchNormalization supports only the last axis. "
                f"Received: axis={self.axis!r} for inputs of {(None, *shape)}",
                hint="axis=-1",
                field="axis",
                value=self.axis,
            )
        return shape

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        shape = (channel_count(shapes[0]),)
        learned = [
            WeightSpec(
                "gamma",
                shape,
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
            if self.scale
            else None,
            WeightSpec(
                "beta",
                shape,
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
            if self.center
            else None,
        ]
        return (
            *(weight for weight in learned if weight),
            WeightSpec("moving_mean", shape, self.moving_mean_initializer, False),
            WeightSpec("moving_variance", shape, self.moving_variance_initializer, False),
        )

    def macs(self, *shapes: Shape) -> int:
        return prod(shapes[0])


class BatchNormalization(Layer):
    """Batch normalization: normalize each channel by the mean and variance of the batch."""

    spec: BatchNormalizationSpec

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse_arguments(
            "BatchNormalization",
            renorm=renorm,
            renorm_clipping=renorm_clipping,
            renorm_momentum=None if renorm_momentum == 0.99 else renorm_momentum,
            synchronized=synchronized,
        )
        if not isinstance(axis, int) or axis == 0:
            raise ArgumentError(
                f"`axis` must be an integer other than 0, the batch. Received: axis={axis!r}",
                hint="axis=-1",
                field="axis",
                value=axis,
            )
        spec = BatchNormalizationSpec(
            axis,
            checked_float("momentum", momentum, least=0, most=1),
            checked_float("epsilon", epsilon, least=0),
            bool(center),
            bool(scale),
            initializers.get(beta_initializer),
            initializers.get(gamma_initializer),
            initializers.get(moving_mean_initializer),
            initializers.get(moving_variance_initializer),
            regularizers.get(beta_regularizer),
            regularizers.get(gamma_regularizer),
            constraints.get(beta_constraint),
            constraints.get(gamma_constraint),
        )
        super().__init__(spec, **options)
