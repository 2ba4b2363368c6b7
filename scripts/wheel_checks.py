"""Check a wheel: size, licences, symbols, libraries, stack, platform: wheel_checks.py WHEEL ...

Run it in the environment that scripts/wheels makes, which has lief and auditwheel.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import lief

sys.path.insert(0, str(Path(__file__).parent))

from wheel_platforms import PLATFORMS, Platform

lief.logging.disable()  # it complains of libraries that are in order

MOST_BYTES = 60_000_000
API = Path(__file__).parents[1] / "native/scallion.h"
# Every system has these; the C++ library is part of ours.
LIBRARIES = {
    "linux": {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2",
              "ld-linux-aarch64.so.1", "librt.so.1"},
    "macos": {"/usr/lib/libSystem.B.dylib"},
    "windows": {"kernel32.dll", "ntdll.dll", "ucrtbase.dll", "msvcrt.dll", "advapi32.dll"},
}  # fmt: skip
# zig's linker exports these two; they are the library's own address, in every library of macOS.
ADDRESSES = {"dso_handle", "mh_dylib_header"}
OLDEST_MACOS = [11, 0, 0]
FORMATS = {
    "linux-x86_64": "ELF X86_64", "linux-aarch64": "ELF AARCH64", "macos-arm64": "MachO ARM64",
    "macos-x86_64": "MachO X86_64", "windows-x86_64": "PE AMD64",
}  # fmt: skip


def problems(wheel: Path, name: str) -> Iterator[str]:
    """Yield what is wrong with a wheel."""
    platform = PLATFORMS[name]
    if wheel.stat().st_size > MOST_BYTES:
        yield f"it has {wheel.stat().st_size / 1e6:.0f} MB"
    if platform.tag not in wheel.name:
        yield "its name does not have the platform's tag"
    with zipfile.ZipFile(wheel) as members:
        names = members.namelist()
        for licence in ("licenses/LICENSE", "licenses/NOTICE"):
            if not any(member.endswith(licence) for member in names):
                yield f"it has no {licence}"
        compiled = [n for n in names if n.endswith((".so", ".dylib", ".dll", ".pyd"))]
        if compiled != [f"scallion/engine/{platform.library}"]:
            yield f"it has other compiled files: {compiled}"
            return
        data = members.read(compiled[0])
    if str(API.parents[1]).encode() in data:
        yield "its library has paths of the machine that built it"
    yield from library_problems(data, name, platform)
    if name.startswith("linux"):
        done = subprocess.run(
            [sys.executable, "-m", "auditwheel", "show", wheel], capture_output=True, text=True
        )
        tag = platform.tag.split(".")[0]
        if done.returncode or f'"{tag}"' not in done.stdout:
            yield f"auditwheel does not find {tag}: {done.stdout}{done.stderr}"


def library_problems(data: bytes, name: str, platform: Platform) -> Iterator[str]:
    """Yield what is wrong with the compiled library."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, platform.library)
        path.write_bytes(data)
        library = lief.parse(str(path))
    if library is None:
        yield "its library is not readable"
        return
    found = description(library)
    if found != FORMATS[name]:
        yield f"its library is {found}"
    exported = {symbol.lstrip("_") for symbol in exported_symbols(library)}
    if isinstance(library, lief.MachO.Binary):
        exported -= ADDRESSES
        yield from macos_problems(library)
    header = API.read_text(encoding="utf-8")
    others = sorted(s for s in exported if not s.startswith("scallion_") or f"{s}(" not in header)
    if others or not exported:
        yield f"it exports {len(exported)} symbols, others than the C API's: {others[:5]}"
    system = name.split("-")[0]
    needed = {str(n) for n in needed_libraries(library)}
    known = {n for n in needed if n.lower().startswith("api-ms-win-crt-")} | LIBRARIES[system]
    if strange := sorted(n for n in needed if n not in known and n.lower() not in known):
        yield f"its library needs {strange}"
    if system == "linux" and has_executable_stack(library):
        yield "its stack is executable"


def macos_problems(library: lief.MachO.Binary) -> Iterator[str]:
    """Yield why macOS would refuse a library."""
    version = library.build_version or library.version_min
    oldest = None if version is None else getattr(version, "minos", None) or version.version
    if oldest is None or list(oldest) != OLDEST_MACOS:
        yield f"it is for macOS {oldest} and newer"
    signed = library.has_code_signature
    if library.header.cpu_type == lief.MachO.Header.CPU_TYPE.ARM64 and not signed:
        yield "it has no signature, which Apple's processors want"


def description(library: lief.Binary) -> str:
    """Return the format and processor of a library."""
    if isinstance(library, lief.ELF.Binary):
        return f"ELF {library.header.machine_type.name}"
    if isinstance(library, lief.MachO.Binary):
        return f"MachO {library.header.cpu_type.name}"
    return f"PE {library.header.machine.name}"


def exported_symbols(library: lief.Binary) -> list[str]:
    """Return the names of what a library exports."""
    if isinstance(library, lief.ELF.Binary):
        return [str(symbol.name) for symbol in library.exported_symbols]
    if isinstance(library, lief.MachO.Binary):
        return [str(symbol.name) for symbol in library.exported_symbols]
    return [str(entry.name) for entry in library.get_export().entries]


def needed_libraries(library: lief.Binary) -> list[str]:
    """Return the libraries that a library needs."""
    if isinstance(library, lief.MachO.Binary):
        own = lief.MachO.LoadCommand.TYPE.ID_DYLIB
        return [str(entry.name) for entry in library.libraries if entry.command != own]
    return [str(entry) for entry in library.libraries]


def has_executable_stack(library: lief.Binary) -> bool:
    """Return whether an ELF library asks for an executable stack, as it does by saying nothing."""
    stacks = [s for s in library.segments if s.type == lief.ELF.Segment.TYPE.GNU_STACK]
    return not stacks or any(s.has(lief.ELF.Segment.FLAGS.X) for s in stacks)


def main() -> None:
    """Check the wheels that the command line names; exit 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", nargs="+", type=Path)
    parser.add_argument("--platform", choices=[*PLATFORMS], help="default: from the wheel's name")
    options = parser.parse_args()
    wrong = False
    for wheel in options.wheels:
        name = options.platform or next(n for n, p in PLATFORMS.items() if p.tag in wheel.name)
        found = list(problems(wheel, name))
        for problem in found or ["checked"]:
            print(f"{wheel.name}: {problem}")
        wrong |= bool(found)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
