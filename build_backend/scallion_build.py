"""The build backend: scikit-build-core, with a compiler from PyPI where the machine has none.

pip asks `get_requires_for_build_wheel` what the build needs. Where no C++ compiler of the machine
compiles a small program, the answer includes `ziglang`, which is one, and `build_wheel` uses it.
Where that cannot be had either, the wheel has no compiled engine, and the reference engine runs.

SCALLION_BUILD=reference builds the wheel without a compiled engine, =zig with ziglang even where
there is a compiler.
"""

import contextlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scikit_build_core import build as backend
from scikit_build_core.build import (
    build_sdist,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ZIG = "ziglang~=0.17.1"
# What zig compiles for: the oldest glibc that its libraries support, so that the wheel is portable.
TARGETS = {
    ("linux", "x86_64"): "x86_64-linux-gnu.2.17",
    ("linux", "aarch64"): "aarch64-linux-gnu.2.17",
    ("darwin", "arm64"): "aarch64-macos.11.0",
    ("darwin", "x86_64"): "x86_64-macos.11.0",
    ("win32", "amd64"): "x86_64-windows-gnu",
}

# What the engine needs of a compiler: C++20, vector extensions, a standard library, a linker.
PROBE = """
#include <atomic>
#include <span>
#include <string>
#include <thread>
typedef float Vector __attribute__((vector_size(32)));
struct Pair { int a, b; };
extern "C" int probe(int n) {
  constexpr Pair pair{.a = 1, .b = 2};
  Vector v = Vector{} + static_cast<float>(n);
  std::string text = std::to_string(pair.a + v[0] > 0.0f);
  std::thread([&] { text += "."; }).join();
  return static_cast<int>(std::span<char>(text).size());
}
"""

ConfigSettings = dict[str, Any] | None


def get_requires_for_build_wheel(config_settings: ConfigSettings = None) -> list[str]:
    """Return what the build needs from PyPI: with a working compiler, nothing more than before."""
    return [*backend.get_requires_for_build_wheel(config_settings), *_compiler_requirements()]


def get_requires_for_build_editable(config_settings: ConfigSettings = None) -> list[str]:
    """Return what an editable build needs from PyPI."""
    return [*backend.get_requires_for_build_editable(config_settings), *_compiler_requirements()]


def build_wheel(
    wheel_directory: str,
    config_settings: ConfigSettings = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel with the best compiler there is, or without a compiled engine."""
    return _build(backend.build_wheel, wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str,
    config_settings: ConfigSettings = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the editable wheel with the best compiler there is, or without a compiled engine."""
    return _build(backend.build_editable, wheel_directory, config_settings, metadata_directory)


def find_compiler() -> str | None:
    """Return the first C++ compiler that compiles and links what the engine needs, or None."""
    for command in _candidates():
        if _compiles(command):
            return command
    return None


def _candidates() -> list[str]:
    """Return the commands of C++ compilers on this machine, in the order of CMake."""
    chosen = os.environ.get("CXX")
    if chosen:
        return [chosen]
    if sys.platform == "darwin" and not _has_command_line_tools():
        return []
    names = ["clang-cl"] if sys.platform == "win32" else ["c++", "g++", "clang++"]
    return [name for name in names if shutil.which(name)]


def _has_command_line_tools() -> bool:
    """Return whether Apple's compiler is installed. Its stand-in would open a dialog."""
    try:
        done = subprocess.run(["xcode-select", "-p"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _compiles(command: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.cpp")
        source.write_text(PROBE, encoding="utf-8")
        options = ["-std=c++20", "-O1", "-fPIC", "-shared", "-pthread"]
        if Path(command).stem == "clang-cl":
            options = ["/std:c++20", "/EHsc", "/LD"]
        try:
            done = subprocess.run(
                [*shlex.split(command), *options, source.name, "-o", "probe.bin"],
                cwd=folder,
                capture_output=True,
                timeout=120,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0


def _compiler_requirements() -> list[str]:
    """Return `ziglang`, and on Windows `ninja`, where the machine has no compiler."""
    wanted = os.environ.get("SCALLION_BUILD")
    if wanted == "reference" or _target() is None:
        return []
    if wanted != "zig" and (find_compiler() or not _index_has_zig()):
        return []
    return [ZIG, "ninja"] if sys.platform == "win32" else [ZIG]


def _target() -> str | None:
    if sys.platform == "linux" and platform.libc_ver()[0] != "glibc":
        machine = platform.machine()
        return f"{machine}-linux-musl" if machine in ("x86_64", "aarch64") else None
    return TARGETS.get((sys.platform, platform.machine().lower()))


def _index_has_zig() -> bool:
    """Return whether pip finds ziglang: asking for what it cannot find would end the installation.

    pip hides itself from this process, so another one asks.
    """
    if importlib.util.find_spec("ziglang"):
        return True
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    try:
        has_pip = subprocess.run([*pip, "--version"], env=environment, capture_output=True)
        if has_pip.returncode:  # another installer, which knows its index
            return True
        with tempfile.TemporaryDirectory() as folder:
            options = ["--retries", "1", "--timeout", "15", "--no-deps", "--dry-run", "-q"]
            done = subprocess.run(
                [*pip, "install", *options, "--target", folder, ZIG],
                env=environment,
                capture_output=True,
            )
    except OSError:
        return True
    return done.returncode == 0


def _build(
    build: Callable[..., str],
    wheel_directory: str,
    settings: ConfigSettings,
    metadata_directory: str | None,
) -> str:
    """Try each compiler, then no compiler. Each failure says why."""
    for name, more in _attempts():
        try:
            with _environment():
                return build(wheel_directory, {**more, **(settings or {})}, metadata_directory)
        except (Exception, SystemExit) as error:
            sys.stderr.write(f"scallion: building with {name} failed: {error}\n")
    sys.stderr.write("scallion: there is no compiler, so the wheel has no compiled engine\n")
    # The prepared metadata state a platform, which a wheel without a compiled engine does not have.
    return build(wheel_directory, {**(settings or {}), "wheel.cmake": "false"}, None)


def _attempts() -> Iterator[tuple[str, dict[str, str]]]:
    wanted = os.environ.get("SCALLION_BUILD")
    if wanted == "reference":
        return
    compiler = None if wanted == "zig" else find_compiler()
    if compiler:
        command = ";".join(shlex.split(compiler))
        chosen = {} if os.environ.get("CXX") else {"cmake.define.CMAKE_CXX_COMPILER": command}
        yield compiler, chosen
    zig = importlib.util.find_spec("ziglang")
    target = _target()
    if zig and zig.origin and target:
        # As the library is linked: with other flags, CMake's checks would make zig compile its C++
        # library once more.
        strip = "" if sys.platform == "darwin" else " -s"
        binary = Path(zig.origin).with_name("zig.exe" if sys.platform == "win32" else "zig")
        yield (
            "ziglang",
            {
                "cmake.define.CMAKE_CXX_COMPILER": f"{binary.as_posix()};c++",
                "cmake.define.CMAKE_CXX_FLAGS": f"-target {target}{strip}",
            },
        )


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Set what the build reads: all processors, and a folder for zig's cache that goes again."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="scallion-zig-") as cache:
        os.environ.setdefault("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 1))
        os.environ.setdefault("ZIG_GLOBAL_CACHE_DIR", cache)
        os.environ.setdefault("ZIG_LOCAL_CACHE_DIR", cache)
        if sys.platform == "win32":
            os.environ.setdefault("CMAKE_GENERATOR", "Ninja")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
