"""Memory that weights and programs need, checked against what is free before it is allocated."""

from scallion.engine.interface import Objective
from scallion.engine.programs.planning import LANES
from scallion.engine.programs.program import Program
from scallion.errors import EngineError
from scallion.graph import Graph
from scallion.layers.base.variable import initialization_bytes
from scallion.system_memory import available_bytes, format_bytes, require_bytes

_FLOAT = 4  # bytes


def needed(program: Program, threads: int) -> int:
    """Return the bytes that the core allocates for a program's buffers."""
    floats = (
        program.image_floats * threads
        + program.batch_floats * program.batch
        + program.lane_floats * LANES
        + program.shared_floats
        + sum(buffer.size for buffer in program.cache_inputs())
    )
    return floats * _FLOAT


def require(program: Program, threads: int) -> None:
    """Raise EngineError if a program needs more memory than is free."""
    wanted, free = needed(program, threads), available_bytes()
    if free is not None and wanted > free:
        raise too_large(program, threads, f"and {format_bytes(free)} are free")


def require_weights(graph: Graph, objective: Objective | None) -> None:
    """Raise EngineError if weights that are still to be made do not fit into free memory.

    The optimizer's state for them counts, too.
    """
    missing = [weight for weight in graph.weights if not weight.is_initialized]
    largest = max(missing, key=lambda weight: weight.spec.size, default=None)
    slots = 0 if objective is None or objective.optimizer.built else objective.optimizer.slot_count
    trained = sum(weight.spec.size for weight in graph.trainable_weights)
    count = _FLOAT * (sum(weight.spec.size for weight in missing) + slots * trained)
    count += initialization_bytes(largest.spec.size) if largest is not None else 0
    named = "" if largest is None else f": {largest.path} is {largest.shape}"
    state = " and the optimizer's state" if slots else ""
    require_bytes(
        count, f"the network's weights{state} take", f"fewer units or filters, or pooling{named}"
    )


def too_large(program: Program, threads: int, reason: str) -> EngineError:
    """Return the error for a program that does not fit into memory with its outputs."""
    batch = max(1, program.batch // 2)
    outputs = _FLOAT * program.batch * sum(buffer.size for buffer in program.outputs)
    count = needed(program, threads) + outputs
    return EngineError(
        f"a batch of {program.batch} images needs {format_bytes(count)}, {reason}",
        hint=f"a smaller batch, such as batch_size={batch}" if program.batch > 1
        else "smaller images, or fewer filters",
    )  # fmt: skip
