"""The compiled library: loading it, its C API as ctypes declares it, and its errors as ours.

`native/scallion.h` documents the functions and structures. ctypes releases the interpreter lock
during each call.
"""

import ctypes
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scallion.errors import ArgumentError, DataError, EngineError
from scallion.installation import install_again, install_engine

API_VERSION = 1

INVALID_ARGUMENT, INVALID_PROGRAM, OUT_OF_MEMORY = 1, 2, 3
INDEX_OUT_OF_RANGE, LABEL_OUT_OF_RANGE = 4, 5
UNKNOWN_INSTRUCTION_SET, NO_THREAD, INTERNAL_ERROR = 6, 7, 8

_FILES = {"win32": "scallion.dll", "darwin": "libscallion.dylib"}
PATH = Path(__file__).with_name(_FILES.get(sys.platform, "libscallion.so"))


class Rows(ctypes.Structure):
    """`scallion_rows`: rows of elements, each contiguous."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("rows", ctypes.c_int64),
        ("row_size", ctypes.c_int64),
        ("row_stride", ctypes.c_int64),
        ("type", ctypes.c_int32),
    )


class Floats(ctypes.Structure):
    """`scallion_floats`: contiguous float32."""

    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_int64))


class Step(ctypes.Structure):
    """`scallion_step`: the arguments and results of one step."""

    _fields_ = (
        ("inputs", ctypes.c_void_p),
        ("indices", ctypes.c_void_p),
        ("images", ctypes.c_int64),
        ("targets", ctypes.c_void_p),
        ("sample_weights", ctypes.c_void_p),
        ("outputs", ctypes.c_void_p),
        ("scalars", ctypes.c_void_p),
        ("input_count", ctypes.c_int32),
        ("target_count", ctypes.c_int32),
        ("output_count", ctypes.c_int32),
        ("scalar_count", ctypes.c_int32),
        ("seed", ctypes.c_uint64),
        ("number", ctypes.c_uint32),
        ("threads", ctypes.c_int32),
        ("losses", ctypes.c_void_p),
        ("nonfinite_input", ctypes.c_int32),
        ("nonfinite_image", ctypes.c_int32),
        ("first_segment", ctypes.c_int32),
        ("end_segment", ctypes.c_int32),
    )


_POINTER, _INT, _SIZE = ctypes.c_void_p, ctypes.c_int32, ctypes.c_size_t
# The arguments of each function that returns a status. Addresses are passed as integers.
_FUNCTIONS: dict[str, tuple[type, ...]] = {
    "scallion_instruction_set": (_POINTER,),
    "scallion_constant": (ctypes.c_char_p, _POINTER),
    "scallion_measure_peak": (_INT, ctypes.c_double, _POINTER),
    "scallion_program_load": (ctypes.c_char_p, _SIZE, _INT, _POINTER),
    "scallion_program_bind": (_POINTER, _POINTER, _INT),
    "scallion_program_run": (_POINTER, _POINTER),
    "scallion_program_profile": (_POINTER, _POINTER, _POINTER, _INT),
    "scallion_program_save": (_POINTER, _POINTER, _SIZE, _POINTER),
}


@cache
def _load() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(PATH))
    except OSError:
        return None
    for name, arguments in _FUNCTIONS.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, _INT
    library.scallion_api_version.restype = _INT
    library.scallion_last_error.restype = ctypes.c_char_p
    library.scallion_operation_kind.argtypes = (_INT,)
    library.scallion_operation_kind.restype = ctypes.c_char_p
    library.scallion_program_destroy.argtypes = (_POINTER,)
    library.scallion_program_destroy.restype = None
    return library


def is_available() -> bool:
    """Return whether the compiled library is installed and can be loaded."""
    return _load() is not None


def load() -> ctypes.CDLL:
    """Return the library.

    Raises EngineError where it is missing or of another version, ArgumentError where SCALLION_ISA
    names no instruction set of this CPU.
    """
    library = _load()
    if library is None:
        raise EngineError(
            "the compiled engine is not there",
            hint=install_engine(),
        )
    _verify(library)
    return library


@cache
def _verify(library: ctypes.CDLL) -> None:
    version = library.scallion_api_version()
    if version != API_VERSION:
        raise EngineError(
            f"the compiled engine has version {version} of its interface, "
            f"and this package needs {API_VERSION}",
            hint=install_again(),
        )
    name = ctypes.c_char_p()
    _check(library, library.scallion_instruction_set(ctypes.byref(name)))


def check(status: int) -> None:
    """Raise the error for a status that a function of the library returned.

    SCALLION_OUT_OF_MEMORY raises MemoryError, to which the caller knows what to add.
    """
    if status:
        _check(load(), status)


def _check(library: ctypes.CDLL, status: int) -> None:
    if not status:
        return
    message, _, hint = library.scallion_last_error().decode(errors="replace").partition("\nhint: ")
    if status == OUT_OF_MEMORY:
        raise MemoryError(message)
    if status == LABEL_OUT_OF_RANGE:
        raise DataError(
            message, hint="give the last layer one unit per class, and count classes from 0"
        )
    if status == INDEX_OUT_OF_RANGE:
        raise EngineError(message, hint="np.arange(len(images))")
    error = ArgumentError if status == UNKNOWN_INSTRUCTION_SET else EngineError
    raise error(message, hint=hint or None)


def instruction_set() -> str:
    """Return the name of the kernels in use: baseline, avx2, avx512 or neon."""
    name = ctypes.c_char_p()
    check(load().scallion_instruction_set(ctypes.byref(name)))
    return (name.value or b"").decode()


def measure_peak(threads: int, seconds: float) -> float:
    """Return the GFLOP/s that so many threads reach with multiply-adds in registers alone."""
    gflops = ctypes.c_double()
    check(load().scallion_measure_peak(threads, seconds, ctypes.byref(gflops)))
    return gflops.value


def constant(name: str) -> int:
    """Return a constant that programs are written against, such as `lanes` or `scope.batch`."""
    value = ctypes.c_int64()
    check(load().scallion_constant(name.encode(), ctypes.byref(value)))
    return value.value


def operation_kinds() -> Iterator[str]:
    """Yield the kinds of operations that the library implements."""
    index, library = 0, load()
    while (kind := library.scallion_operation_kind(index)) is not None:
        yield kind.decode()
        index += 1
