"""Layers that compute a function: the identity, or one of the user's own."""

from collections.abc import Callable, Mapping
from typing import Any, Unpack

from scallion.errors import ArgumentError
from scallion.layers.activation import Activation
from scallion.layers.base.argument_checks import refuse_arguments
from scallion.layers.base.layer import Layer, LayerOptions


class Identity(Activation):
    """Return the input."""

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__("linear", **options)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activation"]
        return config


class Lambda(Layer):
    """Compute a function of a tensor: `Lambda(lambda x: x / 255)`.

    The function is run once, with a symbolic tensor, and becomes a graph: it may use layers,
    arithmetic and `scallion.ops`. Files contain that graph, not the function.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse_arguments("Lambda", mask=mask)
        if not callable(function):
            raise ArgumentError(
                f"`function` must be a function of a tensor. Received: {function!r}",
                hint="Lambda(lambda x: x / 255)",
                field="function",
                value=function,
            )
        super().__init__(**options)
        self.function, self.arguments = function, dict(arguments or {})
        self.output_shape = output_shape

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the function of the inputs."""
        return self.function(inputs, **self.arguments)


__all__ = ["Identity", "Lambda"]
