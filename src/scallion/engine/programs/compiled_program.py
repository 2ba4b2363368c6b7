"""One program in the compiled library, with the arrays that it works on."""

import ctypes
import weakref
from collections.abc import Sequence
from math import prod

import numpy as np

from scallion import session
from scallion.engine import native_library
from scallion.engine.derived_losses import DerivedLosses
from scallion.engine.interface import Objective
from scallion.engine.lowering.graph import Mode, lower
from scallion.engine.native_library import Floats, Rows, Step, check
from scallion.engine.programs import memory_requirements, program_format
from scallion.engine.programs.memory_requirements import too_large
from scallion.errors import EngineError
from scallion.graph import Graph
from scallion.losses import SparseCategoricalCrossentropy

_FLOAT32, _INT64 = np.dtype(np.float32), np.dtype(np.int64)
# The types of elements that the library reads, by the numbers of `native/scallion.h`.
ELEMENT_TYPES = {
    np.dtype(kind): number
    for number, kind in enumerate(
        (
            np.float32,
            np.float64,
            np.bool_,
            np.uint8,
            np.uint16,
            np.uint32,
            np.uint64,
            np.int8,
            np.int16,
            np.int32,
            np.int64,
        )
    )
}
_MOST_SCALARS = 8


class CompiledProgram:
    """A graph lowered for one mode and batch size, loaded into the library, bound to its arrays.

    It may be used by one thread at a time: the structures that a step is described with are filled
    again for each.
    """

    def __init__(
        self,
        graph: Graph,
        mode: Mode,
        batch: int,
        objective: Objective | None,
        *,
        copy_arrays: bool = False,
    ) -> None:
        """Lower and load the graph. Raises EngineError if memory is short.

        With `copy_arrays` the program works on copies of weights and optimizer state.
        """
        try:
            lowered = lower(graph, mode, batch, objective)
        except MemoryError:
            raise EngineError(
                f"the tables of a program for {batch} images take more memory than is free",
                hint="smaller images, or fewer filters",
            ) from None
        self.program = program = lowered.program
        self.gradients = lowered.gradients
        self._library = library = native_library.load()
        self._outputs = [tensor.image_shape for tensor in graph.outputs]
        threads = session.get_threads()
        memory_requirements.require(program, threads)
        inputs = [tensor.image_shape for tensor in graph.inputs]
        encoded = program_format.encode(program, inputs, _outputs(graph, objective))
        handle = ctypes.c_void_p()
        try:
            check(
                library.scallion_program_load(encoded, len(encoded), threads, ctypes.byref(handle))
            )
        except MemoryError:
            raise too_large(program, threads, "which is not free") from None
        self._handle = handle.value
        # Not at exit: threads of the library may still run then.
        weakref.finalize(self, library.scallion_program_destroy, self._handle).atexit = False
        self._bind([array.copy() for array in lowered.arrays] if copy_arrays else lowered.arrays)
        self._describe_step(len(inputs), len(self._outputs), program.losses)

    def _bind(self, arrays: Sequence[np.ndarray]) -> None:
        # The library reads and writes them in place, so they live as long as the program.
        self._arrays = tuple(arrays)
        floats = (Floats * len(arrays))()
        for one, array in zip(floats, arrays, strict=True):
            one.data, one.size = _address(array, _FLOAT32), array.size
        check(self._library.scallion_program_bind(self._handle, floats, len(arrays)))

    def _describe_step(self, inputs: int, outputs: int, losses: int) -> None:
        """Make the structures that describe a step, into which each step fills its addresses."""
        self._step = step = Step()
        self._step_address = ctypes.addressof(step)
        self._input_rows = (Rows * inputs)()
        self._target_rows = (Rows * losses)()
        self._weight_floats = (Floats * losses)()
        self._output_floats = (Floats * outputs)()
        self._losses = (ctypes.c_double * losses)()
        self._scalars = (ctypes.c_float * _MOST_SCALARS)()
        step.inputs, step.input_count = ctypes.addressof(self._input_rows), inputs
        step.targets, step.target_count = ctypes.addressof(self._target_rows), losses
        step.outputs, step.output_count = ctypes.addressof(self._output_floats), outputs
        step.sample_weights = ctypes.addressof(self._weight_floats)
        step.losses = ctypes.addressof(self._losses)
        step.scalars = ctypes.addressof(self._scalars)
        # Indexing an array of structures would make a new object in each step.
        self._fill_inputs = tuple(self._input_rows)
        self._fill_targets = tuple(self._target_rows)
        self._fill_weights = tuple(self._weight_floats)
        self._fill_outputs = tuple(zip(self._output_floats, self._outputs, strict=True))
        self._counts = inputs, losses, losses

    def run(
        self,
        inputs: Sequence[np.ndarray],
        indices: np.ndarray,
        targets: Sequence[np.ndarray] = (),
        sample_weights: Sequence[np.ndarray | None] = (),
        *,
        seed: int = 0,
        number: int = 0,
        scalars: Sequence[float] = (),
        threads: int = 1,
        derived: DerivedLosses | None = None,
    ) -> tuple[list[float], tuple[np.ndarray, ...]]:
        """Run one step; return the losses, and the outputs as new arrays float32 (n, ...).

        `inputs` are whole arrays; `indices`, int64 (n,), select the images. `targets` and
        `sample_weights` are one per loss, as `input_preparation` makes them. Where the program
        pauses, the derived losses then write their gradients into targets. Raises EngineError where
        an array does not fit, DataError for a label without an output, MemoryError.
        """
        outputs = self._fill(inputs, indices, targets, sample_weights, scalars)
        step, pause = self._step, self.program.pause
        step.seed, step.number, step.threads = seed, number, threads
        step.first_segment, step.end_segment = 0, pause
        status = self._library.scallion_program_run(self._handle, self._step_address)
        if pause and not status and derived is not None:
            derived.write_gradients(outputs, targets)
            step.first_segment, step.end_segment = pause, 0
            status = self._library.scallion_program_run(self._handle, self._step_address)
        if status:
            check(status)
        return self._losses[:], outputs

    def profile(
        self,
        inputs: Sequence[np.ndarray],
        indices: np.ndarray,
        targets: Sequence[np.ndarray],
        scalars: Sequence[float],
    ) -> list[float]:
        """Run one step on one thread; return the seconds of each instruction."""
        self._fill(inputs, indices, targets, [None] * len(targets), scalars)
        self._step.first_segment, self._step.end_segment = 0, 0
        count = sum(len(segment.instructions) for segment in self.program.segments)
        seconds = (ctypes.c_double * count)()
        check(
            self._library.scallion_program_profile(
                self._handle, self._step_address, ctypes.addressof(seconds), count
            )
        )
        return seconds[:]

    def nonfinite(self) -> tuple[int, int] | None:
        """Return input and position in the batch of the last step's first non-finite image.

        None if all pixels are finite.
        """
        found = self._step.nonfinite_input
        return None if found < 0 else (found, self._step.nonfinite_image)

    def serialize(self) -> bytes:
        """Return the program with its arrays as bytes, which `scallion_program_load` reads."""
        size = ctypes.c_size_t()
        save = self._library.scallion_program_save
        check(save(self._handle, None, 0, ctypes.byref(size)))
        written = ctypes.create_string_buffer(size.value)
        check(save(self._handle, written, size.value, ctypes.byref(size)))
        return written.raw

    def _fill(
        self,
        inputs: Sequence[np.ndarray],
        indices: np.ndarray,
        targets: Sequence[np.ndarray],
        sample_weights: Sequence[np.ndarray | None],
        scalars: Sequence[float],
    ) -> tuple[np.ndarray, ...]:
        """Describe a step's arrays; return new ones for its outputs."""
        step, images = self._step, len(indices)
        counts = len(inputs), len(targets), len(sample_weights)
        if counts != self._counts:
            raise EngineError(
                f"the program takes {self._counts} inputs, targets and sample weights. "
                f"Received: {counts}"
            )
        for rows, array in zip(self._fill_inputs, inputs):  # noqa: B905  (counted above)
            _describe(rows, array)
        step.indices, step.images = _address(indices, _INT64), images
        if targets:
            for rows, array in zip(self._fill_targets, targets):  # noqa: B905
                _describe(rows, array)
            for floats, weights in zip(self._fill_weights, sample_weights):  # noqa: B905
                if weights is None:
                    floats.data = None
                else:
                    floats.data, floats.size = _address(weights, _FLOAT32), weights.size
        outputs: list[np.ndarray] = []
        for floats, shape in self._fill_outputs:
            array = np.empty((images, *shape), _FLOAT32)
            floats.data, floats.size = _data(array), array.size
            outputs.append(array)
        step.scalar_count = len(scalars)
        if scalars:
            self._scalars[: len(scalars)] = scalars
        return tuple(outputs)


def _outputs(graph: Graph, objective: Objective | None) -> list[tuple[tuple[int, ...], int]]:
    """Return each output's shape and number of classes, which is 0 unless targets are labels."""
    shapes = [tensor.image_shape for tensor in graph.outputs]
    if objective is None:
        return [(shape, 0) for shape in shapes]
    return [
        (shape, shape[-1] if isinstance(loss, SparseCategoricalCrossentropy) else 0)
        for shape, loss in zip(shapes, objective.losses, strict=True)
    ]


def _describe(rows: Rows, array: np.ndarray) -> None:
    """Describe an array (n, ...) whose rows are contiguous."""
    kind = ELEMENT_TYPES.get(array.dtype)
    count = len(array)
    if array.flags.c_contiguous:
        size = prod(array.shape[1:])
        rows.data, rows.row_stride = _data(array), size * array.itemsize
    elif kind is not None and count and array[0].flags.c_contiguous:
        size = array[0].size
        rows.data, rows.row_stride = _data(array), array.strides[0]
    else:
        kind, size = None, 0
    if kind is None:
        raise EngineError(f"rows of {array.dtype} that the engine cannot read in place")
    rows.rows, rows.row_size, rows.type = count, size, kind


def _address(array: np.ndarray, dtype: np.dtype) -> int:
    """Return the address of a contiguous array of this type."""
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise EngineError(f"an array of {array.dtype}, where a contiguous one of {dtype} is needed")
    return _data(array)


_byte = ctypes.c_char * 0
_from_buffer, _addressof = _byte.from_buffer, ctypes.addressof


def _data(array: np.ndarray) -> int:
    """Return the address of an array's first element."""
    # NumPy's own ways take seven times as long; this one cannot take arrays that are read-only or
    # not contiguous.
    try:
        return _addressof(_from_buffer(array))  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, BufferError):
        return array.__array_interface__["data"][0]
