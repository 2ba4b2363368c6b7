"""A layer: an identity (name, trainable, weights) around a frozen specification."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scallion import session
from scallion.errors import ArgumentError, ShapeError, StateError
from scallion.initializers import Initializer
from scallion.layers.spec import Shape, Spec, WeightSpec
from scallion.layers.table import trail
from scallion.layers.tensor import Node, Tensor


class Variable:
    """One float32 array of a layer. Its memory stays where it is for life: it is assigned to,
    never replaced, so the engine may hold its address. It is filled when first looked at."""

    __slots__ = ("_seed", "_value", "name", "path", "spec", "trainable")

    def __init__(self, spec: WeightSpec, path: str, trainable: bool) -> None:
        self.spec = spec
        self.name = spec.name
        self.path = path
        self.trainable = trainable
        self._seed = session.next_seed()
        self._value: np.ndarray | None = None

    @property
    def shape(self) -> Shape:
        return self.spec.shape

    @property
    def dtype(self) -> str:
        return "float32"

    @property
    def value(self) -> np.ndarray:
        """The array itself, not a copy."""
        if self._value is None:
            drawn = self.spec.initializer(self.shape, seed=self._seed)
            self._value = np.array(drawn, dtype=np.float32, order="C")
        return self._value

    def numpy(self) -> np.ndarray:
        """A copy of the array."""
        return self.value.copy()

    def assign(self, value: Any) -> None:
        """Overwrite the array in place. Raises ShapeError where the shape is another."""
        array = np.asarray(value)
        if array.shape != self.shape:
            raise ShapeError(
                f"weight {self.path!r} has the shape {self.shape}. Received: {array.shape}",
                hint="give an array of the weight's own shape",
            )
        self.value[...] = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype=float32>"


class Layer:
    """The base of all layers. `spec` says what it computes; the layer says which one it is."""

    spec: Spec

    def __init__(self, spec: Spec, *, name: str | None = None, trainable: bool = True) -> None:
        if name is not None and (not isinstance(name, str) or "/" in name or not name):
            raise ArgumentError(
                f"a layer's name is text without '/'. Received: name={name!r}",
                hint='name="features"',
            )
        self.spec = spec
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))
        self.trainable = trainable
        self.nodes: list[Node] = []
        self._weights: list[Variable] = []
        self._built_for: tuple[Shape, ...] | None = None

    @property
    def built(self) -> bool:
        return self._built_for is not None

    def build(self, *shapes: Shape) -> None:
        """Fix the input shapes and lay out the weights, which stay unfilled until looked at."""
        if self._built_for is not None:
            self._check_same_weights(shapes)
            return
        self._weights = [
            Variable(spec, f"{self.name}/{spec.name}", spec.trainable)
            for spec in self.spec.weights(*shapes)
        ]
        self._built_for = shapes

    def _check_same_weights(self, shapes: tuple[Shape, ...]) -> None:
        wanted = [weight.shape for weight in self.spec.weights(*shapes)]
        held = [weight.shape for weight in self._weights]
        if wanted != held:
            raise ShapeError(
                f"layer {self.name!r} holds weights for inputs of {self._built_for}, "
                f"and is called again on {shapes}",
                hint="make a second layer, or bring both inputs to one shape",
            )

    def __call__(self, inputs: Tensor | list[Tensor] | tuple[Tensor, ...]) -> Tensor:
        """Put the layer behind symbolic tensors; returns the tensor that comes out."""
        tensors = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise ArgumentError(
                    f"layer {self.name!r} is called on what comes out of Input or another layer. "
                    f"Received: {type(tensor).__name__}",
                    hint="x = scallion.Input((32, 32, 3)), then layer(x)",
                )
        try:
            node = Node(self, tensors)
            self.build(*node.input_shapes)
        except ShapeError as error:
            raise _located(error, self, tensors) from None
        self.nodes.append(node)
        return node.output

    @property
    def weights(self) -> list[Variable]:
        """All arrays, trainable ones first."""
        return [*self.trainable_weights, *self.non_trainable_weights]

    @property
    def variables(self) -> list[Variable]:
        return self.weights

    @property
    def trainable_weights(self) -> list[Variable]:
        return [w for w in self._weights if w.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        if not self.trainable:
            return list(self._weights)
        return [w for w in self._weights if not w.trainable]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all arrays, in the order of `weights`."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Overwrite all arrays. Raises ArgumentError where the counts differ, before any is set."""
        assign_all(self.weights, weights, f"layer {self.name!r}")

    def count_params(self) -> int:
        """How many numbers the layer holds. Raises StateError before its input shape is known."""
        return self.spec.parameters(*self._shapes())

    def arithmetic(self) -> str:
        """The parameter count as a sum that can be followed: `3*3*3*32 + 32 = 896`."""
        return self.spec.arithmetic(*self._shapes())

    def _shapes(self) -> tuple[Shape, ...]:
        if self._built_for is None:
            raise StateError(
                f"layer {self.name!r} does not know its input shape yet",
                hint=f"call it on a tensor, or {self.name}.build((32, 32, 3))",
            )
        return self._built_for

    def _only_node(self) -> Node:
        if len(self.nodes) != 1:
            raise StateError(
                f"layer {self.name!r} was called {len(self.nodes)} times, so it has no single "
                "input or output",
                hint="keep the tensor that the call returned",
            )
        return self.nodes[0]

    @property
    def input(self) -> Tensor | list[Tensor]:
        inputs = self._only_node().inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output(self) -> Tensor:
        return self._only_node().output

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer, as Keras names them."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": "float32",
            **self.spec.config(),
        }

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def assign_all(variables: Sequence[Variable], values: Sequence[Any], whose: str) -> None:
    """Overwrite variables in order, after checking that all of them fit."""
    if len(variables) != len(values):
        raise ArgumentError(
            f"{whose} has {len(variables)} weights. Received: {len(values)} arrays",
            hint="give the list that `get_weights()` returned",
        )
    for variable, value in zip(variables, values, strict=True):
        if np.shape(value) != variable.shape:
            raise ShapeError(
                f"{whose}: weight {variable.path!r} has the shape {variable.shape}. "
                f"Received: {np.shape(value)}",
                hint="give the arrays in the order of `weights`",
            )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _located(error: ShapeError, layer: Layer, inputs: tuple[Tensor, ...]) -> ShapeError:
    """The same error with the layer's name and the table of all layers before it."""
    kind = type(layer).__name__
    table = trail(inputs, failed=(layer.name, kind))
    return ShapeError(f"layer {layer.name!r} ({kind}): {error.message}\n\n{table}", hint=error.hint)


__all__ = ["Initializer", "Layer", "Variable", "assign_all"]
