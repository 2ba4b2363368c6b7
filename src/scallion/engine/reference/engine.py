"""The reference engine: walks the graph in plain NumPy, forward and backward."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scallion.engine.input_preparation import require_finite
from scallion.engine.interface import Capabilities, IndexedBatch, Objective, StepResult
from scallion.engine.layer_order import require_preprocessing_first
from scallion.engine.operations import reference_operation
from scallion.engine.reference.layer_call import ForwardResult, LayerCall
from scallion.errors import EngineError
from scallion.graph import Graph
from scallion.layers.base.layer import Variable
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.base.variable import claim

CAPABILITIES = Capabilities(activations=True, input_gradients=True, weight_gradients=True)


@dataclass(frozen=True, slots=True)
class _ForwardPass:
    """The outputs by node id, the calls in order, and new moving statistics by variable id."""

    outputs: dict[int, np.ndarray]
    calls: list[tuple[Node, ForwardResult]]
    statistics: dict[int, tuple[Variable, np.ndarray]]


class ReferenceEngine:
    """Runs one graph in NumPy: see `Engine`. Simple, slow, and independent of the native engine.

    With `dtype=np.float64` it computes on float64 copies of the weights, which `array` returns: for
    checking gradients by central differences.
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

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities of this engine: all there are."""
        return CAPABILITIES

    def array(self, variable: Variable) -> np.ndarray:
        """Return the array used for a weight: its own in float32, a copy in float64."""
        if self.dtype == np.float32:
            return variable.array
        if id(variable) not in self._copies:
            self._copies[id(variable)] = variable.array.astype(self.dtype)
        return self._copies[id(variable)]

    def predict(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Return the outputs in inference mode: see `Engine.predict`."""
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
        """Return the outputs as a call of the model does: see `Engine.forward`."""
        run = self._forward(inputs, indices, training=training, seed=seed, step=step)
        self._update_statistics(run)
        return self._outputs(run)

    def test(self, batch: IndexedBatch) -> StepResult:
        """Run forward in inference mode and compute the losses."""
        return self._result(batch, self._forward(batch.inputs, batch.indices))

    def train(self, batch: IndexedBatch, *, seed: int, step: int) -> StepResult:
        """Run forward and backward, then update weights and moving statistics."""
        optimizer = self._objective().optimizer
        optimizer.build(self.graph.trainable_weights)
        result, gradients, run = self._step(batch, seed, step)
        optimizer.update(gradients)
        for weight in self.graph.trainable_weights:
            weight.constrain()
        self._update_statistics(run)
        return result

    def activations(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray, tensors: Sequence[Tensor]
    ) -> tuple[np.ndarray, ...]:
        """Return the values of tensors of the graph: see `Engine.activations`."""
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
        """Return gradients at tensors of the graph: see `Engine.gradients`."""
        run = self._forward(inputs, indices)
        gradients = {id(self.graph.outputs[0].node): np.asarray(output_gradient, self.dtype)}
        self._backward(run, gradients)
        found = (gradients.get(id(tensor.node)) for tensor in tensors)
        return tuple(None if dy is None else np.array(dy, np.float32) for dy in found)

    def weight_gradients(
        self, batch: IndexedBatch, *, seed: int = 0, step: int = 0
    ) -> tuple[StepResult, list[np.ndarray]]:
        """Return a training step's result and gradients, without an update."""
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
    ) -> tuple[StepResult, list[np.ndarray], _ForwardPass]:
        require_preprocessing_first(self.graph)
        run = self._forward(batch.inputs, batch.indices, training=True, seed=seed, step=step)
        result = self._result(batch, run)
        found = self._backward(run, self._loss_gradients(batch, run))
        gradients = [
            self._with_penalty(weight, found.get(id(weight), np.zeros(weight.shape, self.dtype)))
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
    ) -> _ForwardPass:
        # The engine works on the variables' arrays in place.
        claim(self.graph.weights, None)
        run = _ForwardPass({}, [], {})
        for tensor, images in zip(self.graph.inputs, inputs, strict=True):
            run.outputs[id(tensor.node)] = images[indices].astype(self.dtype)
        for place, node in enumerate(self.graph.nodes):
            if id(node) in run.outputs:
                continue
            call = LayerCall(
                node.layer.spec,
                {
                    name: self._current(weight, run)
                    for name, weight in node.layer.weights_by_role().items()
                },
                trainable=node.layer.trainable,
                training=node.is_training(training),
                seed=seed,
                step=step,
                operation=place,
            )
            arrays = [run.outputs[id(tensor.node)] for tensor in node.inputs]
            result = reference_operation(node)(call, *arrays)
            run.outputs[id(node)] = result.output
            run.calls.append((node, result))
            by_name = node.layer.weights_by_role()
            for name, array in result.statistics.items():
                run.statistics[id(by_name[name])] = by_name[name], array
        return run

    def _current(self, weight: Variable, run: _ForwardPass) -> np.ndarray:
        """Return a weight's array; an earlier call of a shared layer has updated its statistics."""
        updated = run.statistics.get(id(weight))
        return self.array(weight) if updated is None else updated[1]

    def _update_statistics(self, run: _ForwardPass) -> None:
        for variable, array in run.statistics.values():
            variable.assign(array)
        self._copies.clear()

    def _loss_gradients(self, batch: IndexedBatch, run: _ForwardPass) -> dict[int, np.ndarray]:
        """Return the gradients of the loss at the outputs, by node id."""
        gradients: dict[int, np.ndarray] = {}
        objective = self._objective()
        for tensor, loss, weight, target in zip(
            self.graph.outputs,
            objective.losses,
            objective.loss_weights,
            batch.targets,
            strict=True,
        ):
            dy = loss.batch_gradient(target, run.outputs[id(tensor.node)], batch.weights, weight)
            _accumulate(gradients, id(tensor.node), dy)
        return gradients

    def _backward(
        self, run: _ForwardPass, gradients: dict[int, np.ndarray]
    ) -> dict[int, np.ndarray]:
        """Propagate gradients at outputs to all nodes, into `gradients` by node id.

        Returns the gradients at the weights by variable id; those of a layer that is called twice
        are summed.
        """
        found: dict[int, np.ndarray] = {}
        for node, result in reversed(run.calls):
            if id(node) not in gradients:
                continue
            dinputs, dweights = result.backward(gradients[id(node)])
            for tensor, dx in zip(node.inputs, dinputs, strict=True):
                _accumulate(gradients, id(tensor.node), dx)
            for name, weight in node.layer.weights_by_role().items():
                if name in dweights:
                    _accumulate(found, id(weight), dweights[name])
        return found

    def _with_penalty(self, weight: Variable, gradient: np.ndarray) -> np.ndarray:
        """Return a gradient plus that of the weight's own regularization penalty."""
        regularizer = weight.spec.regularizer
        if regularizer is None:
            return gradient
        return gradient + regularizer.gradient(self.array(weight))

    def _penalty(self) -> float:
        return sum(
            float(weight.spec.regularizer(self.array(weight)))
            for weight in self.graph.trainable_weights
            if weight.spec.regularizer is not None
        )

    def _outputs(self, run: _ForwardPass) -> tuple[np.ndarray, ...]:
        return tuple(
            np.array(run.outputs[id(tensor.node)], np.float32) for tensor in self.graph.outputs
        )

    def _result(self, batch: IndexedBatch, run: _ForwardPass) -> StepResult:
        objective = self._objective()
        losses = tuple(
            loss.batch_loss(target, run.outputs[id(tensor.node)], batch.weights)
            for tensor, loss, target in zip(
                self.graph.outputs, objective.losses, batch.targets, strict=True
            )
        )
        total = sum(
            weight * loss for weight, loss in zip(objective.loss_weights, losses, strict=True)
        )
        return StepResult(float(total) + self._penalty(), losses, self._outputs(run))


def _accumulate(gradients: dict[int, np.ndarray], key: int, gradient: np.ndarray) -> None:
    gradients[key] = gradients[key] + gradient if key in gradients else gradient
