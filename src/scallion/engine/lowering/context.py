"""What the lowering rules write into: rows, and which buffer holds which tensor or gradient."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

import numpy as np

from scallion.engine.program import Barrier, Buffer, Instruction, Scope
from scallion.graph import Graph
from scallion.layers.layer import Variable
from scallion.layers.spec import Shape
from scallion.layers.tensor import Node, Tensor


@dataclass(eq=False)
class LoweringContext:
    """One graph being lowered. `training` is None where each call decides: see `Node.trains`."""

    graph: Graph
    training: bool | None
    batch: int
    prologue: list[Instruction] = field(default_factory=list[Instruction])
    body: list[Instruction] = field(default_factory=list[Instruction])
    # What is done when all images are through, before the weights are updated.
    later: list[Instruction] = field(default_factory=list[Instruction])
    arrays: list[np.ndarray] = field(default_factory=list[np.ndarray])
    values: dict[Tensor, Buffer] = field(default_factory=dict[Tensor, Buffer])
    gradients: dict[Tensor, Buffer] = field(default_factory=dict[Tensor, Buffer])
    # Tensors whose gradient is already cut to where the activation behind them passes it.
    masked: set[Tensor] = field(default_factory=set[Tensor])
    # Gradients that are lists of slopes, one a window of a pooling: see `sparse`.
    slopes: dict[Buffer, int] = field(default_factory=dict[Buffer, int])
    # Images that end where the pooling that reads them does: see `fusion.cut_for_pooling`.
    cut: dict[Tensor, Shape] = field(default_factory=dict[Tensor, Shape])
    # What went into a node's activation, where its slope is computed from that.
    before: dict[Node, Buffer] = field(default_factory=dict[Node, Buffer])
    # What the rule of a node wants to remember from forward to backward.
    kept: dict[Node, dict[str, Buffer]] = field(default_factory=dict[Node, dict[str, Buffer]])
    lane_gradients: dict[Variable, Buffer] = field(default_factory=dict[Variable, Buffer])
    merged_gradients: dict[Variable, Buffer] = field(default_factory=dict[Variable, Buffer])
    # Whether the optimizer wants gradients as arrays, to update by itself.
    gradients_as_arrays: bool = False
    # How often each tensor is read, the caller included, and the nodes that read it.
    consumers: dict[Tensor, int] = field(default_factory=dict[Tensor, int])
    followers: dict[Tensor, list[Node]] = field(default_factory=dict[Tensor, list[Node]])
    # Activations that the node before them computes: see `fusion`.
    aliases: dict[Node, Node] = field(default_factory=dict[Node, Node])
    layer: str = ""
    _written: set[Variable] = field(default_factory=set[Variable])
    _externals: dict[int, Buffer] = field(default_factory=dict[int, Buffer])
    _learned: dict[Tensor, bool] = field(default_factory=dict[Tensor, bool])

    def __post_init__(self) -> None:
        for node in self.graph.nodes:
            for tensor in node.inputs:
                self.consumers[tensor] = self.consumers.get(tensor, 0) + 1
                self.followers.setdefault(tensor, []).append(node)
            self._learned[node.output] = bool(node.layer.trainable_weights) or any(
                self._learned[tensor] for tensor in node.inputs
            )
        for tensor in self.graph.outputs:
            self.consumers[tensor] = self.consumers.get(tensor, 0) + 1

    def shape(self, tensor: Tensor) -> Shape:
        """The shape of an image as it is computed: what nothing reads may be left out."""
        return self.cut.get(tensor, tensor.image_shape)

    def image(self, name: str, size: int) -> Buffer:
        """Floats of one image; the planner decides whether they outlive their segment."""
        return Buffer(f"{self.layer}.{name}", size, Scope.IMAGE)

    def shared(self, name: str, size: int) -> Buffer:
        return Buffer(f"{self.layer}.{name}", size, Scope.SHARED)

    def lane(self, name: str, size: int) -> Buffer:
        return Buffer(f"{self.layer}.{name}", size, Scope.LANE)

    def scratch(self, size: int) -> Buffer:
        """Memory for the next row only, which is neither filled nor kept."""
        return Buffer(f"{self.layer}.scratch", size, Scope.SCRATCH)

    def external(self, name: str, array: np.ndarray) -> Buffer:
        """An array of the caller's, which the core reads or writes in place."""
        # The array is kept in `arrays`, so its id stays its own.
        if id(array) not in self._externals:
            self._externals[id(array)] = Buffer(name, array.size, Scope.EXTERNAL, len(self.arrays))
            self.arrays.append(array)
        return self._externals[id(array)]

    def weight(self, variable: Variable) -> Buffer:
        return self.external(variable.path, variable.array)

    def emit(
        self,
        kind: str,
        reads: dict[str, Buffer],
        writes: dict[str, Buffer],
        *,
        parts: int = 0,
        macs: int = 0,
        why: str = "",
        meets: Barrier = "",
        **values: int | float,
    ) -> None:
        """Append a row behind all others."""
        self.body.append(
            Instruction(kind, reads, writes, values, parts, self.layer, macs, why, meets)
        )

    def prepare(
        self,
        kind: str,
        reads: dict[str, Buffer],
        writes: dict[str, Buffer],
        parts: int,
        **values: int,
    ) -> None:
        """Append a row to what is done before the first image."""
        self.prologue.append(
            Instruction(kind, reads, writes, dict(values), parts, layer=self.layer)
        )

    def needs_gradient(self, tensor: Tensor) -> bool:
        """Whether anything that learns lies before this tensor."""
        return self._learned[tensor]

    def learns(self, variable: Variable, node: Node) -> bool:
        """Whether a gradient is wanted for this weight."""
        return node.layer.trainable and variable.trainable

    def weight_gradient(self, variable: Variable) -> tuple[Buffer, bool]:
        """Where lanes add up a weight's gradient, and whether this is the first to write there."""
        first = variable not in self.lane_gradients
        if first:
            self.lane_gradients[variable] = Buffer(
                f"d {variable.path}", prod(variable.shape), Scope.LANE
            )
        return self.lane_gradients[variable], first

    def merged_gradient(self, variable: Variable) -> Buffer:
        """Where a weight's gradient of the whole batch goes; zero until something writes it."""
        if variable not in self.merged_gradients:
            name = f"gradient {variable.path}"
            if self.gradients_as_arrays:
                buffer = self.external(name, np.zeros(variable.shape, np.float32))
            else:
                buffer = Buffer(name, prod(variable.shape), Scope.SHARED)
            self.merged_gradients[variable] = buffer
        return self.merged_gradients[variable]

    def first_to_write(self, variable: Variable) -> bool:
        """Whether nothing has written the weight's merged gradient yet; from now on, something has.
        A layer that is called twice adds to what its other call left there."""
        first = variable not in self._written
        self._written.add(variable)
        return first

    def pass_back(self, tensor: Tensor, emit: Callable[[Buffer], None]) -> None:
        """Have `emit` write a gradient for the tensor; where there is one already, add to it."""
        if not self.needs_gradient(tensor):
            return
        size = prod(self.shape(tensor))
        fresh = self.image(f"d {tensor.name}", size)
        emit(fresh)
        self.give(tensor, fresh)

    def give(self, tensor: Tensor, gradient: Buffer) -> None:
        """Hand a tensor a gradient that lies in a buffer; several are added up."""
        if not self.needs_gradient(tensor):
            return
        if tensor in self.gradients:
            total = self.image(f"d {tensor.name}", gradient.size)
            self.emit("add", {"a": self.gradients[tensor], "b": gradient}, {"y": total}, relu=0)
            gradient = total
        self.gradients[tensor] = gradient
