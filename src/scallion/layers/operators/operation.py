"""The base of layers that are operations in Keras, where model files name them as such."""

from typing import Any, ClassVar

from scallion.layers.base.layer import Layer


class OperationLayer(Layer):
    """A layer that stands for an operation of `keras.ops`; it has no weights."""

    keras_module: ClassVar[str] = "keras.src.ops.numpy"

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as Keras writes those of this operation."""
        return {"name": self.name, **self.spec.config()}


__all__ = ["OperationLayer"]
