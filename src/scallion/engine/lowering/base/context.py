"""The state of lowering: the instructions so far, and the buffers of tensors and gradients."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

import numpy as np

from scallion.engine.programs.program import Barrier, Buffer, Instruction, Scope
from scallion.graph import Graph
from scallion.layers.base.layer import Variable
from scallion.layers.base.spec import Shape
from scallion.layers.base.tensor import Node, Tensor


@dataclass(eq=False)
class LoweringContext:
    """The state of lowering one graph.

    `training` is None where each call decides: see `Node.is_training`.
    """

    graph: Graph
    training: bool | None
    batch: int
    # Instructions before the first image, per step, and after all images but before the update.
    prologue: list[Instruction] = field(default_factory=list[Instruction])
    body: list[Instruction] = field(default_factory=list[Instruction])
    epilogue: list[Instruction] = field(default_factory=list[Instruction])
    arrays: list[np.ndarray] = field(default_factory=list[np.ndarray])
    values: dict[Tensor, Buffer] = field(default_factory=dict[Tensor, Buffer])
    gradients: dict[Tensor, Buffer] = field(default_factory=dict[Tensor, Buffer])
    # Tensors whose gradient is already zero where the relu that follows them is inactive.
    masked: set[Tensor] = field(default_factory=set[Tensor])
    # Gradients in compressed form, with their number of windows: see `sparse_gradients`.
    compressed: dict[Buffer, int] = field(default_factory=dict[Buffer, int])
    # Tensors computed without the rows and columns that nothing reads: see `fusion`.
    cropped: dict[Tensor, Shape] = field(default_factory=dict[Tensor, Shape])
    # The inputs of activations whose derivative is computed from them.
    pre_activations: dict[Node, Buffer] = field(default_factory=dict[Node, Buffer])
    # Buffers that a rule saves in its forward pass for its backward pass.
    saved: dict[Node, dict[str, Buffer]] = field(default_factory=dict[Node, dict[str, Buffer]])
    lane_gradients: dict[Variable, Buffer] = field(default_factory=dict[Variable, Buffer])
    merged_gradients: dict[Variable, Buffer] = field(default_factory=dict[Variable, Buffer])
    # True if the optimizer updates in Python, from gradients in arrays.
    gradients_as_arrays: bool = False
    # The nodes that read each tensor, and how often it is read, the caller included.
    consumers: dict[Tensor, list[Node]] = field(default_factory=dict[Tensor, list[Node]])
    use_counts: dict[Tensor, int] = field(default_factory=dict[Tensor, int])
    # Nodes that the operation of another node computes: see `fusion`.
    fused_into: dict[Node, Node] = field(default_factory=dict[Node, Node])
    layer: str = ""
    _written: set[Variable] = field(default_factory=set[Variable])
    _externals: dict[int, Buffer] = field(default_factory=dict[int, Buffer])
    _has_trainable: dict[Tensor, bool] = field(default_factory=dict[Tensor, bool])

    def __post_init__(self) -> None:
        for node in self.graph.nodes:
            for tensor in node.inputs:
                self.use_counts[tensor] = self.use_counts.get(tensor, 0) + 1
                self.consumers.setdefault(tensor, []).append(node)
            self._has_trainable[node.output] = bool(node.layer.trainable_weights) or (
                not node.layer.spec.ignores_input
                and any(self._has_trainable[tensor] for tensor in node.inputs)
            )
        for tensor in self.graph.outputs:
            self.use_counts[tensor] = self.use_counts.get(tensor, 0) + 1

    def shape(self, tensor: Tensor) -> Shape:
        """Return the shape that is computed for one image: rows that nothing reads are left out."""
        return self.cropped.get(tensor, tensor.image_shape)

    def image(self, name: str, size: int) -> Buffer:
        """Return a new buffer for one image; planning decides whether it outlives its segment."""
        return Buffer(f"{self.layer}.{name}", size, Scope.IMAGE)

    def shared(self, name: str, size: int) -> Buffer:
        """Return a new buffer of which there is one copy."""
        return Buffer(f"{self.layer}.{name}", size, Scope.SHARED)

    def lane(self, name: str, size: int) -> Buffer:
        """Return a new buffer of which each lane has a copy."""
        return Buffer(f"{self.layer}.{name}", size, Scope.LANE)

    def scratch(self, size: int) -> Buffer:
        """Return uninitialized memory for the next instruction alone."""
        return Buffer(f"{self.layer}.scratch", size, Scope.SCRATCH)

    def external(self, name: str, array: np.ndarray) -> Buffer:
        """Return the buffer of a caller's array, which the core reads or writes in place."""
        # `arrays` keeps the array alive, so its id stays unique.
        if id(array) not in self._externals:
            self._externals[id(array)] = Buffer(name, array.size, Scope.EXTERNAL, len(self.arrays))
            self.arrays.append(array)
        return self._externals[id(array)]

    def weight(self, variable: Variable) -> Buffer:
        """Return the buffer of a weight's array."""
        return self.external(variable.path, variable.array)

    def emit(
        self,
        kind: str,
        reads: dict[str, Buffer],
        writes: dict[str, Buffer],
        *,
        parts: int = 0,
        macs: int = 0,
        reason: str = "",
        barrier: Barrier = "",
        **attributes: int | float,
    ) -> None:
        """Append an instruction to those of a step."""
        self.body.append(
            Instruction(kind, reads, writes, attributes, parts, self.layer, macs, reason, barrier)
        )

    def emit_prologue(
        self,
        kind: str,
        reads: dict[str, Buffer],
        writes: dict[str, Buffer],
        parts: int,
        **attributes: int,
    ) -> None:
        """Append an instruction to those that run before the first image."""
        self.prologue.append(
            Instruction(kind, reads, writes, dict(attributes), parts, layer=self.layer)
        )

    def needs_gradient(self, tensor: Tensor) -> bool:
        """Return whether a trainable weight precedes this tensor."""
        return self._has_trainable[tensor]

    def needs_weight_gradient(self, variable: Variable, node: Node) -> bool:
        """Return whether a weight of a node's layer is trained."""
        return node.layer.trainable and variable.trainable

    def weight_gradient(self, variable: Variable) -> tuple[Buffer, bool]:
        """Return the buffer in which lanes add up a weight's gradient, and whether it is new."""
        is_new = variable not in self.lane_gradients
        if is_new:
            self.lane_gradients[variable] = Buffer(
                f"d {variable.path}", prod(variable.shape), Scope.LANE
            )
        return self.lane_gradients[variable], is_new

    def merged_gradient(self, variable: Variable) -> Buffer:
        """Return the buffer of a weight's gradient over the whole batch; zero until written."""
        if variable not in self.merged_gradients:
            name = f"gradient {variable.path}"
            if self.gradients_as_arrays:
                buffer = self.external(name, np.zeros(variable.shape, np.float32))
            else:
                buffer = Buffer(name, prod(variable.shape), Scope.SHARED)
            self.merged_gradients[variable] = buffer
        return self.merged_gradients[variable]

    def is_first_write(self, variable: Variable) -> bool:
        """Return whether this is the first write to a weight's merged gradient, and record it.

        A layer that is called twice adds to what its other call wrote.
        """
        is_first = variable not in self._written
        self._written.add(variable)
        return is_first

    def emit_gradient(self, tensor: Tensor, emit: Callable[[Buffer], None]) -> None:
        """Have `emit` write a gradient of the tensor, and accumulate it, if it is needed."""
        if not self.needs_gradient(tensor):
            return
        size = prod(self.shape(tensor))
        gradient = self.image(f"d {tensor.name}", size)
        emit(gradient)
        self.accumulate_gradient(tensor, gradient)

    def accumulate_gradient(self, tensor: Tensor, gradient: Buffer) -> None:
        """Add a buffer to the tensor's gradient, if it is needed."""
        if not self.needs_gradient(tensor):
            return
        if tensor in self.gradients:
            total = self.image(f"d {tensor.name}", gradient.size)
            self.emit("add", {"a": self.gradients[tensor], "b": gradient}, {"y": total}, relu=0)
            gradient = total
        self.gradients[tensor] = gradient
