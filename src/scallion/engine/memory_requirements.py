"""What a network and its program need, and whether the machine has it: asked before anything is
allocated."""

from scallion.engine.interface import Objective
from scallion.engine.planning import LANES
from scallion.engine.program import Program
from scallion.errors import EngineError
from scallion.graph import Graph
from scallion.layers.variable import initialization_bytes
from scallion.system_memory import available_bytes, format_bytes, require_bytes

_FLOAT = 4  # bytes


def needed(program: Program, threads: int) -> int:
    """Bytes of the buffers that the core allocates for a program."""
    floats = (
        program.image_floats * threads
        + program.batch_floats * program.batch
        + program.lane_floats * LANES
        + program.shared_floats
        + sum(buffer.size for buffer in program.settled_on())
    )
    return floats * _FLOAT


def require(program: Program, threads: int) -> None:
    """Raises EngineError where a program needs more than there is."""
    wanted, left = needed(program, threads), available_bytes()
    if left is not None and wanted > left:
        raise too_large(program, threads, f"and {format_bytes(left)} are free")


def require_weights(graph: Graph, objective: Objective | None) -> None:
    """Raises EngineError where weights that are not there yet, with what the optimizer keeps for
    each, are more than there is."""
    missing = [weight for weight in graph.weights if not weight.is_initialized]
    largest = max(missing, key=lambda weight: weight.spec.size, default=None)
    slots = 0 if objective is None or objective.optimizer.built else objective.optimizer.slot_count
    learned = sum(weight.spec.size for weight in graph.trainable_weights)
    count = _FLOAT * (sum(weight.spec.size for weight in missing) + slots * learned)
    count += initialization_bytes(largest.spec.size) if largest is not None else 0
    named = "" if largest is None else f": {largest.path} is {largest.shape}"
    state = " and what the optimizer keeps for them" if slots else ""
    require_bytes(
        count, f"the network's weights{state} take", f"fewer units or filters, or pooling{named}"
    )


def too_large(program: Program, threads: int, why: str) -> EngineError:
    """The error for a program that does not fit into memory, with what comes out of it."""
    batch = max(1, program.batch // 2)
    answers = _FLOAT * program.batch * sum(buffer.size for buffer in program.outputs)
    count = needed(program, threads) + answers
    return EngineError(
        f"a batch of {program.batch} images needs {format_bytes(count)}, {why}",
        hint=f"a smaller batch, such as batch_size={batch}" if program.batch > 1
        else "smaller images, or fewer filters",
    )  # fmt: skip
