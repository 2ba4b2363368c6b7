"""The base class of layers: name, `trainable` and weights around a frozen specification.

Over 400 lines: Keras' Layer has this many methods, most of them of a few lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self, TypedDict, cast

import numpy as np

from scallion import constraints, initializers, regularizers, session
from scallion.errors import (
    ArgumentError,
    ShapeError,
    StateError,
    UnsupportedError,
)
from scallion.layers.base import layer_errors
from scallion.layers.base.argument_checks import refuse_arguments, require_float32
from scallion.layers.base.call_inputs import (
    as_shape_list,
    image_shapes,
    is_array_input,
    takes_several_arrays,
)
from scallion.layers.base.error_context import with_layer_context
from scallion.layers.base.spec import Shape, Spec, UntracedSpec, WeightSpec
from scallion.layers.base.tensor import OF_THE_STEP, Node, Tensor
from scallion.layers.base.variable import Variable, assign_values


class LayerOptions(TypedDict, total=False):
    """The arguments that every layer takes beside its own."""

    name: str | None
    trainable: bool
    dtype: Any
    autocast: bool
    input_shape: Sequence[int] | None
    input_dim: int | None


class Layer:
    """The base of all layers: a specification with a name, `trainable`, weights and calls.

    The fields of `spec` and the weights are attributes of the layer, too: `layer.filters`,
    `layer.kernel`. `declared_shape` is the argument `input_shape`, for a Sequential without Input.
    """

    spec: Spec
    # True for what is an operation in Keras, not a layer: `model.layers` does not list it.
    is_operation: bool = False
    following: "Layer | None" = None
    """The layer of the argument `activation=LeakyReLU(0.1)`, which is called on the output."""

    def __init__(
        self,
        spec: Spec | None = None,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
        **unknown: Any,
    ) -> None:
        refuse_arguments(
            type(self).__name__, activity_regularizer=unknown.pop("activity_regularizer", None)
        )
        if unknown:
            raise layer_errors.unknown_argument(
                type(self), *next(iter(unknown.items())), LayerOptions.__annotations__
            )
        if name is not None and (not isinstance(name, str) or "/" in name or not name):
            raise ArgumentError(
                f"a layer's name must be text without '/'. Received: name={name!r}",
                hint='name="features"',
                field="name",
                value=name,
            )
        require_float32(dtype)
        self._weights: list[Variable] = []
        self._added_weights: list[Variable] = []
        self.spec = self._untraced_spec() if spec is None else spec
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))
        self.trainable = trainable
        self.declared_shape = (input_dim,) if input_dim is not None else input_shape
        self.nodes: list[Node] = []
        self._built_for: tuple[Shape, ...] | None = None

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name != "spec":
            for weight in self._weights:
                if weight.name == name:
                    return weight
            original = vars(self).get("_original_layer")
            if original is not None:
                return getattr(original, name)
            if name in layer_errors.field_names(self.spec):
                return getattr(self.spec, name)
        raise layer_errors.unknown_attribute(self, name)

    @property
    def trainable(self) -> bool:
        """True if training changes the weights; assigning it sets it for each of them."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise ArgumentError(
                f"`trainable` must be True or False. Received: trainable={value!r}",
                hint="trainable=False",
                layer=self.name,
                field="trainable",
                value=value,
            )
        self._trainable = value
        for weight in [*self._weights, *self._added_weights]:
            weight.trainable = value and weight.spec.trainable
        for layer in self.sublayers():
            layer.trainable = value

    @property
    def has_custom_call(self) -> bool:
        """True for a class with a custom `call`, which is traced."""
        return type(self).call is not Layer.call

    def _untraced_spec(self) -> Spec:
        if not self.has_custom_call:
            raise UnsupportedError(
                f"{type(self).__name__} has no method `call`, so it computes nothing",
                hint="def call(self, inputs): return ...",
            )
        return UntracedSpec()

    @property
    def kind(self) -> str:
        """The name of the class, as in a summary: `"Conv2D"`."""
        return type(self).__name__

    @property
    def built(self) -> bool:
        """True if the input shape is known, so that the weights exist."""
        return self._built_for is not None

    @built.setter
    def built(self, value: bool) -> None:
        """Ignore the value, which a custom `build` may set: the layer itself knows its state."""

    @property
    def dtype(self) -> str:
        """Always `"float32"`."""
        return "float32"

    @property
    def path(self) -> str:
        """The name, as Keras prefixes it to the paths of weights."""
        return self.name

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, batch first: `build((None, 32, 32, 3))`.

        A layer with several inputs takes a list of shapes. Raises ShapeError if they do not fit.
        """
        shapes = image_shapes(input_shape)
        if isinstance(self.spec, UntracedSpec):
            return  # `call` builds the layers and says what comes out
        self.spec.output_shape(*shapes)
        self._create_weights(shapes)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the output shape for an input of this shape, both with the batch first."""
        shape = self.spec.output_shape(*image_shapes(input_shape))
        return (as_shape_list(input_shape)[0][0], *shape)

    def _create_weights(self, shapes: tuple[Shape, ...]) -> None:
        """Create the weights for these input shapes; their values are drawn when first used."""
        if self._built_for is not None:
            self._check_same_weights(shapes)
            return
        self._weights = [
            Variable(spec, f"{self.name}/{spec.name}", spec.trainable and self.trainable)
            for spec in self.spec.weights(*shapes)
        ]
        self._built_for = shapes

    def share_weights(self, weights: Sequence[Variable], input_shape: Shape) -> None:
        """Build the layer with weights of another one, for an input of this shape for one image.

        Raises ShapeError if they do not fit.
        """
        self._weights, self._built_for = list(weights), (input_shape,)
        self._check_same_weights((input_shape,))

    def weights_by_role(self) -> dict[str, Variable]:
        """Return the weights by their names in the specification, such as `kernel`."""
        if not self._weights:
            return {}
        roles = self.spec.weights(*self._shapes())
        return {role.name: weight for role, weight in zip(roles, self._weights, strict=True)}

    def _check_same_weights(self, shapes: tuple[Shape, ...]) -> None:
        needed = [weight.shape for weight in self.spec.weights(*shapes)]
        existing = [weight.shape for weight in self._weights]
        if needed != existing:
            known = " and ".join(str((None, *shape)) for shape in self._built_for or ())
            received = " and ".join(str((None, *shape)) for shape in shapes)
            raise ShapeError(
                f"its weights are for inputs of {known}, and it is called again on {received}",
                hint="make a second layer, or give both inputs the same shape",
            )

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Create a weight of a custom layer, in its `build` or `__init__`.

        The default initializer is Glorot's. Raises UnsupportedError for another type than float32.
        """
        require_float32(dtype)
        spec = WeightSpec(
            name
            or ("variable" if not self._added_weights else f"variable_{len(self._added_weights)}"),
            tuple(shape or ()),
            initializers.get("glorot_uniform" if initializer is None else initializer),
            trainable,
            regularizers.get(regularizer),
            constraints.get(constraint),
        )
        weight = Variable(spec, f"{self.name}/{spec.name}", trainable and self.trainable)
        self._added_weights.append(weight)
        return weight

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Compute the output: for subclasses, made of layers, arithmetic and `scallion.ops`.

        It is run once, with symbolic tensors, and becomes a graph. Call the layer, not `call`.
        """
        if not self.has_custom_call:
            return Layer.__call__(self, inputs, training)
        if isinstance(self.spec, UntracedSpec):
            raise UnsupportedError(
                f"{type(self).__name__} has no layer that `super().call` could mean",
                hint="compute with layers, arithmetic and scallion.ops on the inputs",
                layer=self.name,
            )
        return self._original()(inputs, training=training)

    def hand_over_weights(self) -> None:
        """Give the weights of a class made from a layer of Scallion to that layer, within it."""
        self._original()
        self._weights, self._built_for = [], None

    def _original(self) -> "Layer":
        """Return the layer that `super().call` means in a class made from a layer of Scallion."""
        if "_original_layer" not in vars(self):
            kind = next(one for one in type(self).__mro__ if one.call is Layer.call)  # type: ignore[attr-defined]
            original = cast("Layer", object.__new__(cast("Any", kind)))
            kept = {key: value for key, value in vars(self).items() if key not in _OWN_STATE}
            vars(original).update(kept, nodes=[])
            vars(self)["_original_layer"] = original
        return vars(self)["_original_layer"]

    def __call__(
        self, inputs: Any, *arguments: Any, training: bool | None = None, **options: Any
    ) -> Any:
        """Call the layer on symbolic tensors or on arrays.

        For symbolic tensors, returns the symbolic output. For arrays (n, ...), returns the output
        as float32 (n, ...), after building the layer if necessary. With `training=True`, dropout
        drops and batch normalization uses the statistics of the batch. Raises ArgumentError for
        other inputs, ShapeError if the shapes do not fit.
        """
        if is_array_input(inputs) and session.call_on_arrays is not None:
            if self.has_custom_call and takes_several_arrays(arguments, options):
                return self.call(inputs, *arguments, **options)  # in NumPy, layer by layer
            output = session.call_on_arrays(self, inputs, training)
            return output if self.has_custom_call else self._activated(output)
        if self.has_custom_call and session.call_custom_layer is not None:
            return session.call_custom_layer(self, inputs, arguments, training, options)
        if options or len(arguments) > 1:
            raise layer_errors.unknown_call_argument(self, arguments, options)
        training = arguments[0] if arguments else training
        is_list = isinstance(inputs, list | tuple)
        tensors: tuple[Any, ...] = tuple(cast("Sequence[Any]", inputs)) if is_list else (inputs,)
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise layer_errors.not_a_tensor(self, tensor, is_layer=isinstance(tensor, Layer))
        self.check_input_count(len(tensors), is_list=is_list)
        return self._activated(self._connect(tensors, training))

    def _activated(self, output: Any) -> Any:
        """Return the output of the layer that follows, if there is one."""
        return output if self.following is None else self.following(output)

    def check_input_count(self, count: int, *, is_list: bool) -> None:
        """Raise ArgumentError if the layer does not take this number of inputs."""
        if not count or (not is_list if self.spec.takes_list else count > 1):
            raise layer_errors.wrong_count(self, count)

    def _connect(self, tensors: tuple[Tensor, ...], training: bool | None = None) -> Tensor:
        node = self._node(tensors, training)
        self.nodes.append(node)
        return node.output

    def _node(self, tensors: tuple[Tensor, ...], training: bool | None = None) -> Node:
        """Return a call without recording it in `nodes`, building the layer if necessary."""
        flag = None if training is None or training is OF_THE_STEP else bool(training)
        try:
            node = Node(self, tensors, flag)
            self._create_weights(node.input_shapes)
        except (ShapeError, UnsupportedError) as error:
            raise with_layer_context(error, self, tensors) from None
        return node

    @property
    def weights(self) -> list[Variable]:
        """All weights, learned ones first; freezing does not change the order."""
        inner = [weight for layer in self.sublayers() for weight in layer.weights]
        return list(dict.fromkeys([*self._weights, *self._added_weights, *inner]))

    def sublayers(self) -> list["Layer"]:
        """Return the layers in the attributes of a custom layer, in their order."""
        if not self.has_custom_call:
            return []
        ignored = ("nodes", "_trace")
        return list(
            dict.fromkeys(_layers_in([v for k, v in vars(self).items() if k not in ignored]))
        )

    @property
    def variables(self) -> list[Variable]:
        """The same as `weights`."""
        return self.weights

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [w for w in self.weights if w.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training does not change: frozen ones, and moving statistics."""
        return [w for w in self.weights if not w.trainable]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def losses(self) -> list[np.ndarray]:
        """The penalties of the regularizers of trainable weights."""
        return [w.penalty() for w in self.trainable_weights if w.spec.regularizer is not None]

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of all weights, in the order of `weights`."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Overwrite all weights. Raises ArgumentError, before any is set, if the counts differ."""
        assign_values(self.weights, weights, f"layer {self.name!r}")

    def count_params(self) -> int:
        """Return the number of parameters. Raises StateError before the input shape is known."""
        return self.spec.parameters(*self._shapes())

    def arithmetic(self) -> str:
        """Return the calculation of the parameter count: `3*3*3*32 + 32 = 896`."""
        return self.spec.arithmetic(*self._shapes())

    def _shapes(self) -> tuple[Shape, ...]:
        if self._built_for is None:
            raise StateError(
                f"layer {self.name!r} does not know its input shape yet",
                hint=f"call it on a tensor, or {self.name}.build((None, 32, 32, 3))",
                layer=self.name,
            )
        return self._built_for

    def _only_node(self) -> Node:
        if len(self.nodes) != 1:
            raise StateError(
                f"layer {self.name!r} was called {len(self.nodes)} times, so it has no single "
                "input or output",
                hint="keep the tensor that the call returned",
                layer=self.name,
            )
        return self.nodes[0]

    @property
    def input(self) -> Tensor | list[Tensor]:
        """The input of the only call. Raises StateError for none or several calls."""
        inputs = self._only_node().inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output(self) -> Tensor | list[Tensor]:
        """The output of the only call. Raises StateError for none or several calls."""
        return self._only_node().output

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of an equal layer, named as in Keras."""
        policy = {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": "float32"},
            "registered_name": None,
        }
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": policy,
            **vars(self).get("_original_layer", self).spec.config(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Create a layer from a config of `get_config`, without its weights.

        Raises ArgumentError for unknown arguments.
        """
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


# What the layer that `super().call` means does not take over.
_OWN_STATE = ("_trace", "_caller", "_original_layer")


def _layers_in(value: Any) -> Iterator[Layer]:
    """Yield the layers in a value, also within lists, tuples and dicts."""
    if isinstance(value, Layer):
        yield value
    elif isinstance(value, list | tuple):
        for one in cast("Sequence[Any]", value):
            yield from _layers_in(one)
    elif isinstance(value, dict):
        yield from _layers_in(list(cast("dict[Any, Any]", value).values()))


__all__ = ["Layer", "LayerOptions", "Variable", "assign_values"]
