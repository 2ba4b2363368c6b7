"""The reference engine: walks the graph in plain NumPy, forward and back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scallion.engine.input_preparation import require_finite
from scallion.engine.interface import Capabilities, IndexedBatch, Objective, StepResult
from scallion.engine.layer_order import require_preprocessing_first
from scallion.engine.reference import (
    activations,
    augmentation,
    convolution,
    dense,
    depthwise,
    merging,
    normalization,
    pooling,
    preprocessing,
    regularization,
    reshaping,
)
from scallion.engine.reference.layer_call import ForwardFunction, ForwardResult, LayerCall
from scallion.errors import EngineError
from scallion.graph import Graph
from scallion.layers.layer import Variable
from scallion.layers.tensor import Node, Tensor
from scallion.layers.variable import claim
from scallion.losses import Loss

_OPERATIONS: dict[str, ForwardFunction] = {
    "AddSpec": merging.adding,
    "AveragePooling2DSpec": pooling.average_pooling,
    "AverageSpec": merging.averaging,
    "RandomBrightnessSpec": augmentation.brightening,
    "CenterCropSpec": preprocessing.center_cropping,
    "RandomContrastSpec": augmentation.contrasting,
    "ELUSpec": activations.bending,
    "Conv2DSpec": convolution.convolution,
    "Cropping2DSpec": reshaping.cropping,
    "DepthwiseConv2DSpec": depthwise.depthwise,
    "DropoutSpec": regularization.dropping,
    "SpatialDropout2DSpec": regularization.dropping_channels,
    "AlphaDropoutSpec": regularization.dropping_low,
    "UpSampling2DSpec": reshaping.enlarging,
    "ActivationSpec": activations.elementwise,
    "RandomErasingSpec": augmentation.erasing,
    "FlattenSpec": dense.flattening,
    "RandomFlipSpec": augmentation.flipping,
    "GlobalAveragePooling2DSpec": pooling.global_average_pooling,
    "GlobalMaxPooling2DSpec": pooling.global_max_pooling,
    "ConcatenateSpec": merging.joining,
    "LeakyReLUSpec": activations.leaking,
    "PReLUSpec": activations.learning_slope,
    "DenseSpec": dense.linear,
    "MaxPooling2DSpec": pooling.max_pooling,
    "MaximumSpec": merging.maximizing,
    "MinimumSpec": merging.minimizing,
    "MultiplySpec": merging.multiplying,
    "GaussianNoiseSpec": regularization.noising,
    "BatchNormalizationSpec": normalization.normalizing,
    "PermuteSpec": reshaping.permuting,
    "RandomCropSpec": augmentation.random_cropping,
    "ReLUSpec": activations.rectifying,
    "ReshapeSpec": reshaping.reshaping,
    "RandomRotationSpec": augmentation.rotating,
    "RescalingSpec": dense.scaling,
    "GaussianDropoutSpec": regularization.scattering,
    "SeparableConv2DSpec": depthwise.separable,
    "ResizingSpec": preprocessing.sizing,
    "SoftmaxSpec": activations.softening,
    "NormalizationSpec": preprocessing.standardizing,
    "SubtractSpec": merging.subtracting,
    "GeluSpec": activations.tilting,
    "RandomTranslationSpec": augmentation.translating,
    "ZeroPadding2DSpec": reshaping.zero_padding,
    "RandomZoomSpec": augmentation.zooming,
}


CAPABILITIES = Capabilities(activations=True, input_gradients=True, weight_gradients=True)


@dataclass(frozen=True, slots=True)
class _Pass:
    """One way forward: each node's output, the calls in their order, and new statistics."""

    outputs: dict[int, np.ndarray]
    calls: list[tuple[Node, ForwardResult]]
    moved: dict[int, tuple[Variable, np.ndarray]]


class ReferenceEngine:
    """Runs a graph slowly and obviously. It shares nothing with the native engine.

    With `dtype=np.float64` it computes on float64 copies of the weights, which `array` hands out:
    for checking slopes by differences.
    """

    def __init__(
        self,
        graph: Graph,
        objective: Objective | None = None,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        self.graph = graph
        self.objective = objective
        self.dtype = np.dtype(dtype)
        self._copies: dict[int, np.ndarray] = {}

    def array(self, variable: Variable) -> np.ndarray:
        """The array that stands for a weight here: its own in float32, in float64 our copy."""
        if self.dtype == np.float32:
            return variable.array
        if id(variable) not in self._copies:
            self._copies[id(variable)] = variable.array.astype(self.dtype)
        return self._copies[id(variable)]

    def predict(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Forward as at prediction: float32 (n, ...), one an output. Raises DataError for pixels
        that are NaN or infinite."""
        require_finite(inputs, indices, self.graph.inputs)
        return self._outputs(self._forward(inputs, indices))

    def forward(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        *,
        training: bool | None = True,
        seed: int = 0,
        step: int = 0,
    ) -> tuple[np.ndarray, ...]:
        """Forward as a model is called, with statistics that move where it trains."""
        run = self._forward(inputs, indices, training=training, seed=seed, step=step)
        self._move(run)
        return self._outputs(run)

    def _move(self, run: _Pass) -> None:
        for variable, array in run.moved.values():
            variable.value[...] = array
        self._copies.clear()

    def test(self, batch: IndexedBatch) -> StepResult:
        """Forward as at prediction, and the loss."""
        return self._result(batch, self._forward(batch.inputs, batch.indices))

    def train(self, batch: IndexedBatch, *, seed: int, step: int) -> StepResult:
        """Forward, backward, update of the weights and of the moving statistics."""
        optimizer = self._objective().optimizer
        optimizer.build(self.graph.trainable_weights)
        result, gradients, run = self._step(batch, seed, step)
        optimizer.update(gradients)
        for weight in self.graph.trainable_weights:
            weight.constrain()
        self._move(run)
        return result

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def activations(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray, tensors: Sequence[Tensor]
    ) -> tuple[np.ndarray, ...]:
        require_finite(inputs, indices, self.graph.inputs)
        run = self._forward(inputs, indices)
        return tuple(np.array(run.outputs[id(tensor.node)], np.float32) for tensor in tensors)

    def gradients(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        tensors: Sequence[Tensor],
        output_gradient: np.ndarray,
    ) -> tuple[np.ndarray | None, ...]:
        run = self._forward(inputs, indices)
        slopes = {id(self.graph.outputs[0].node): np.asarray(output_gradient, self.dtype)}
        self._walk_back(run, slopes)
        found = (slopes.get(id(tensor.node)) for tensor in tensors)
        return tuple(None if slope is None else np.array(slope, np.float32) for slope in found)

    def weight_gradients(
        self, batch: IndexedBatch, *, seed: int = 0, step: int = 0
    ) -> tuple[StepResult, list[np.ndarray]]:
        result, gradients, _ = self._step(batch, seed, step)
        return result, gradients

    def _objective(self) -> Objective:
        if self.objective is None:
            raise EngineError(
                "this engine was made without an objective, so it can only predict",
                hint="compile the model first",
            )
        return self.objective

    def _step(
        self, batch: IndexedBatch, seed: int, step: int
    ) -> tuple[StepResult, list[np.ndarray], _Pass]:
        require_preprocessing_first(self.graph)
        run = self._forward(batch.inputs, batch.indices, training=True, seed=seed, step=step)
        result = self._result(batch, run)
        found = self._backward(batch, run)
        gradients = [
            self._penalized(weight, found.get(id(weight), np.zeros(weight.shape, self.dtype)))
            for weight in self.graph.trainable_weights
        ]
        return result, gradients, run

    def _forward(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        *,
        training: bool | None = False,
        seed: int = 0,
        step: int = 0,
    ) -> _Pass:
        # The engine works on the variables' arrays in place.
        claim(self.graph.weights, None)
        run = _Pass({}, [], {})
        for tensor, images in zip(self.graph.inputs, inputs, strict=True):
            run.outputs[id(tensor.node)] = images[indices].astype(self.dtype)
        for place, node in enumerate(self.graph.nodes):
            if id(node) in run.outputs:
                continue
            call = LayerCall(
                node.layer.spec,
                {weight.name: self._current(weight, run) for weight in node.layer.weights},
                trainable=node.layer.trainable,
                training=node.is_training(training),
                seed=seed,
                step=step,
                operation=place,
            )
            arrays = [run.outputs[id(tensor.node)] for tensor in node.inputs]
            outcome = _operation(node)(call, *arrays)
            run.outputs[id(node)] = outcome.output
            run.calls.append((node, outcome))
            by_name = {weight.name: weight for weight in node.layer.weights}
            for name, array in outcome.moved.items():
                run.moved[id(by_name[name])] = by_name[name], array
        return run

    def _current(self, weight: Variable, run: _Pass) -> np.ndarray:
        """A weight's array; a shared layer's statistics have moved at its call before."""
        moved = run.moved.get(id(weight))
        return self.array(weight) if moved is None else moved[1]

    def _backward(self, batch: IndexedBatch, run: _Pass) -> dict[int, np.ndarray]:
        """The slopes of the loss at the weights; where a layer is called twice, they add up."""
        slopes: dict[int, np.ndarray] = {}
        objective = self._objective()
        for tensor, loss, weight, target in zip(
            self.graph.outputs,
            objective.losses,
            objective.loss_weights,
            batch.targets,
            strict=True,
        ):
            y = run.outputs[id(tensor.node)]
            factors = loss.factors(target, y, batch.weights) * self.dtype.type(weight)
            dy = loss.gradient(target, y) * factors.reshape(-1, *[1] * (y.ndim - 1))
            _add(slopes, id(tensor.node), dy)
        return self._walk_back(run, slopes)

    def _walk_back(self, run: _Pass, slopes: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
        """Carry the slopes at the outputs back to all calls; returns those at the weights."""
        found: dict[int, np.ndarray] = {}
        for node, outcome in reversed(run.calls):
            if id(node) not in slopes:
                continue
            dinputs, dweights = outcome.backward(slopes[id(node)])
            for tensor, dx in zip(node.inputs, dinputs, strict=True):
                _add(slopes, id(tensor.node), dx)
            for weight in node.layer.weights:
                if weight.name in dweights:
                    _add(found, id(weight), dweights[weight.name])
        return found

    def _penalized(self, weight: Variable, slope: np.ndarray) -> np.ndarray:
        """The slope with that of the weight's own penalty."""
        regularizer = weight.spec.regularizer
        return slope if regularizer is None else slope + regularizer.slope(self.array(weight))

    def _penalty(self) -> float:
        return sum(
            float(weight.spec.regularizer(self.array(weight)))
            for weight in self.graph.trainable_weights
            if weight.spec.regularizer is not None
        )

    def _outputs(self, run: _Pass) -> tuple[np.ndarray, ...]:
        return tuple(
            np.array(run.outputs[id(tensor.node)], np.float32) for tensor in self.graph.outputs
        )

    def _result(self, batch: IndexedBatch, run: _Pass) -> StepResult:
        objective = self._objective()
        losses = tuple(
            _batch_loss(loss, target, run.outputs[id(tensor.node)], batch.weights)
            for tensor, loss, target in zip(
                self.graph.outputs, objective.losses, batch.targets, strict=True
            )
        )
        total = sum(
            weight * loss for weight, loss in zip(objective.loss_weights, losses, strict=True)
        )
        return StepResult(float(total) + self._penalty(), losses, self._outputs(run))


def _batch_loss(loss: Loss, target: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> float:
    return float((loss.per_image(target, y) * loss.factors(target, y, weights)).sum())


def _add(slopes: dict[int, np.ndarray], key: int, slope: np.ndarray) -> None:
    slopes[key] = slopes[key] + slope if key in slopes else slope


def _operation(node: Node) -> ForwardFunction:
    kind = type(node.layer.spec).__name__
    if kind not in _OPERATIONS:
        raise EngineError(
            f"the reference engine cannot run layer {node.layer.name!r} ({kind})",
            hint="add its operation to engine/reference",
        )
    return _OPERATIONS[kind]
