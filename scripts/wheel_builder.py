"""Build what a wheel holds: its Python part once, and its library for each platform."""

import os
import subprocess
import sys
from pathlib import Path

from wheel_platforms import Platform

ROOT = Path(__file__).resolve().parents[1]
# What builds and checks. The source of a wheel's bytes is pinned.
TOOLS = [
    "ziglang==0.17.1",
    "scikit-build-core==1.1.2",
    "cmake>=3.22,<5",
    "ninja",
    "auditwheel==6.8.2",
    "lief>=0.15",
]


def make_tools(folder: Path) -> Path:
    """Return the interpreter of an environment that has the compiler and the tools."""
    bin_folder = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = bin_folder / "python"
    done = folder / "installed"
    if not done.exists() or done.read_text() != "\n".join(TOOLS):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *TOOLS], check=True)
        done.write_text("\n".join(TOOLS))
    return python


def build_pure_wheel(python: Path, folder: Path) -> Path:
    """Return the wheel without a compiled engine: what all wheels have in common."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    environment = {**os.environ, "SCALLION_BUILD": "reference", "SOURCE_DATE_EPOCH": "315532800"}
    subprocess.run(
        [python, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
         "--wheel-dir", folder, ROOT],
        env=environment,
        check=True,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


def build_library(python: Path, platform: Platform, build: Path) -> Path:
    """Compile the engine for a platform, and return the library."""
    compile_target(python, platform, build, "scallion")
    return build / platform.library


def compile_target(python: Path, platform: Platform, build: Path, target: str) -> None:
    """Compile one target of CMakeLists.txt for a platform."""
    environment = build_environment(python, build.parent)
    # Paths of this machine have no place in the library.
    flags = f"-target {platform.zig_target} {platform.flags} -ffile-prefix-map={ROOT}=."
    defines = {
        "CMAKE_BUILD_TYPE": "Release",
        "SCALLION_TESTS": "ON",
        "CMAKE_CXX_COMPILER": f"{find_zig(python)};c++",
        "CMAKE_CXX_FLAGS": flags,
        **platform.cmake,
    }
    subprocess.run(
        ["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "--log-level=WARNING",
         *(f"-D{name}={value}" for name, value in defines.items())],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip
    subprocess.run(
        ["cmake", "--build", build, "--target", target, "--parallel", str(os.cpu_count() or 1)],
        env=environment,
        stdout=subprocess.DEVNULL if not os.environ.get("VERBOSE") else None,
        check=True,
    )


def build_environment(python: Path, build: Path) -> dict[str, str]:
    """Return the environment of a build: its tools, and zig's cache in the folder `build`."""
    return {
        **os.environ,
        "ZIG_GLOBAL_CACHE_DIR": str(build / "zig-cache"),
        "ZIG_LOCAL_CACHE_DIR": str(build / "zig-cache"),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }


def find_zig(python: Path) -> Path:
    """Return the compiler's path."""
    found = subprocess.run(
        [python, "-c", "import ziglang; print(ziglang.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(found.stdout.strip()).with_name("zig")
