"""A serialised program predicts the same without Python, and a damaged one is refused."""

import ctypes
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from network_cases import CASES, Case
from networks import batch, fill
from scallion.engine import native, native_library
from scallion.engine.programs import program_format
from scallion.errors import EngineError

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)

ROOT = Path(__file__).parents[2]


def load(program: bytes) -> int:
    """Load a program and destroy it; returns the number of its arrays."""
    library, handle = native_library.load(), ctypes.c_void_p()
    native_library.check(
        library.scallion_program_load(program, len(program), 1, ctypes.byref(handle))
    )
    library.scallion_program_destroy(handle)
    return len(program)


def serialized(case: Case, images: int = 5) -> bytes:
    graph = case.make()
    fill(graph)
    return native.NativeEngine(graph).serialize(images)


@pytest.fixture(scope="module")
def predict(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/native/predict.c, compiled as C99 against the library."""
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("there is no C compiler whose options are known")
    program = tmp_path_factory.mktemp("native") / "predict"
    library = native_library.PATH
    subprocess.run(
        [
            compiler, "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
            f"-I{ROOT / 'native'}", str(ROOT / "tests/native/predict.c"), str(library),
            f"-Wl,-rpath,{library.parent}", "-Wl,--allow-shlib-undefined", "-o", str(program),
        ],
        env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"},
        check=True,
    )  # fmt: skip
    return program


@pytest.mark.parametrize("case", CASES[::7], ids=str)
def test_a_c_program_predicts_the_same_bits(case: Case, predict: Path, tmp_path: Path) -> None:
    graph = case.make()
    fill(graph)
    engine, data = native.NativeEngine(graph), batch(graph, 5)
    images = [np.ascontiguousarray(array[data.indices], np.float32) for array in data.inputs]
    expected = engine.predict(tuple(images), np.arange(5))
    (tmp_path / "program").write_bytes(engine.serialize(5))
    inputs = [tmp_path / f"input{i}" for i in range(len(images))]
    outputs = [tmp_path / f"output{i}" for i in range(len(expected))]
    for path, array in zip(inputs, images, strict=True):
        path.write_bytes(array.tobytes())
    subprocess.run([predict, tmp_path / "program", *inputs, *outputs], check=True)
    assert [path.read_bytes() for path in outputs] == [array.tobytes() for array in expected]


def test_saving_a_loaded_program_returns_its_bytes() -> None:
    program = serialized(CASES[0])
    library, handle, size = native_library.load(), ctypes.c_void_p(), ctypes.c_size_t()
    native_library.check(
        library.scallion_program_load(program, len(program), 1, ctypes.byref(handle))
    )
    written = ctypes.create_string_buffer(len(program))
    native_library.check(
        library.scallion_program_save(handle, written, len(program), ctypes.byref(size))
    )
    library.scallion_program_destroy(handle)
    assert written.raw == program


def test_a_program_that_is_cut_off_anywhere_is_refused() -> None:
    program = serialized(CASES[0])
    for length in [*range(0, 400, 7), *range(400, len(program), 131), len(program) - 1]:
        with pytest.raises(EngineError):
            load(program[:length])
    with pytest.raises(EngineError, match="damaged"):
        load(program + b"\0")


@pytest.mark.parametrize(
    ("offset", "number", "message"),
    [
        (0, 0, "not a serialised program"),
        (8, 2, "format version 2, and this engine reads 1"),
        (12, 1, "damaged"),
        (16, 10**6, "damaged"),
        (24, 1, "damaged"),
        (32, 8, "for 8 lanes, and this engine has 16"),
        (36, 0, "the batch has no valid size"),
        (40, 12345, "an arena has no valid size"),
        (40, 16, "outside of its arena"),
        *((at, 1 << 20, "an arena is larger than its buffers need") for at in (40, 48, 56, 64)),
    ],
)
def test_a_wrong_number_in_a_program_is_refused(offset: int, number: int, message: str) -> None:
    program = bytearray(serialized(CASES[0]))
    struct.pack_into("<I", program, offset, number)
    with pytest.raises(EngineError, match=message):
        load(bytes(program))


@pytest.mark.parametrize("images", [0, 2, 1 << 20])
@pytest.mark.parametrize("kind", ["convolution", "winograd", "depthwise"])
def test_tables_for_other_images_than_a_task_has_are_refused(kind: str, images: int) -> None:
    value = b"\6images\0"
    programs = (p for p in map(serialized, CASES) if kind.encode() in p and value in p)
    program = bytearray(next(programs))
    struct.pack_into("<q", program, program.index(value) + len(value), images)
    with pytest.raises(EngineError, match="images"):
        load(bytes(program))


@pytest.mark.parametrize("width", [0, 2, 1 << 20])
def test_a_segment_over_more_images_than_a_lane_has_is_refused(width: int) -> None:
    program = bytearray(serialized(CASES[0]))
    segment = program.index(b"\1" + struct.pack("<I", 1), 100)
    assert program[segment + 9] < 30  # the length of its first operation's kind
    struct.pack_into("<I", program, segment + 1, width)
    with pytest.raises(EngineError, match="a segment has no valid width"):
        load(bytes(program))


def test_the_format_is_of_the_version_that_python_writes() -> None:
    assert native_library.constant("format_version") == program_format.VERSION
