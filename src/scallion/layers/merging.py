"""Layers that make one tensor out of several."""

from dataclasses import dataclass

from scallion.layers.layer import Layer
from scallion.layers.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Adding(Spec):
    """The sum of all inputs, number by number."""


class Add(Layer):
    """The sum of all inputs."""

    spec: Adding

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(Adding(), name=name)
