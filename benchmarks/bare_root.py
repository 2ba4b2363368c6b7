"""Measure a workshop's start in a bare Debian: from a wheel to the first epoch under 60 s, offline.

    python benchmarks/bare_root.py trixie --wheel dist/scallion-*x86_64.whl [--root DIR] [--suite]

The root has python3 and python3-venv, no compiler and no headers; debootstrap makes it in DIR where
it does not exist. The wheel's dependencies are downloaded before the clock starts. Then, without a
network: an environment, the installation, and `scallion train --epochs 1`. With --suite the fast
tests follow in the same environment. Needs Linux, root's rights, debootstrap and unshare.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

SOURCE = Path(__file__).resolve().parents[1]
MOST = 60
PACKAGES = "python3,python3-venv"
# Refuses a root that is not bare: compilers, and Python's headers.
BARE = """
for name in cc c++ gcc g++ clang clang++ zig; do
    if command -v $name; then exit 1; fi
done
if ls /usr/include/python3*/Python.h 2>/dev/null; then exit 1; fi
python3 -V
"""
# The network of its own has only the loopback device, which is down; tests have servers there. The
# mounts go again with their namespace.
ENTER = """
import fcntl, os, socket, struct, subprocess, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket() as loopback:
    fcntl.ioctl(loopback, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
root = sys.argv[1]
subprocess.run(["mount", "-t", "proc", "proc", f"{root}/proc"], check=True)
subprocess.run(["mount", "--rbind", "/dev", f"{root}/dev"], check=True)
os.chroot(root)
os.chdir("/")
os.execv(sys.argv[2], sys.argv[2:])
"""
ENVIRONMENT = ("/usr/bin/env", "-i", "HOME=/root", "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin:/usr/sbin")
FOLDER = "/opt/a folder for Müller"


class BareRoot:
    """A Debian root in which commands run without a network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, script: str, *, quiet: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a shell script offline in the root's folder of the environment."""
        inside = [*ENVIRONMENT, "sh", "-euc", script]
        return subprocess.run(
            ["unshare", "--mount", "--net", sys.executable, "-c", ENTER, self.folder, *inside],
            stdout=subprocess.PIPE if quiet else None,
            text=True,
            check=True,
        )

    def python_version(self) -> str:
        """Return the version of the root's Python, and refuse a root that is not bare."""
        return self.run(BARE, quiet=True).stdout.split()[1]

    def download(self, wheel: Path, more: list[str], version: str) -> None:
        """Put the wheel and what it requires into /wheels."""
        wheels = self.folder / "wheels"
        shutil.rmtree(wheels, ignore_errors=True)
        wheels.mkdir()
        shutil.copy(wheel, wheels)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--only-binary", ":all:",
             "--python-version", version, "--dest", wheels, wheel, *more],
            check=True,
        )  # fmt: skip


@contextlib.contextmanager
def bare_root(suite: str, folder: Path | None) -> Iterator[BareRoot]:
    """Yield the root in a folder, which debootstrap fills if it is not there."""
    with tempfile.TemporaryDirectory() as temporary:
        root = (folder or Path(temporary, suite)).resolve()
        if not root.exists():
            subprocess.run(
                ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, root],
                stdout=subprocess.DEVNULL,
                check=True,
            )
        yield BareRoot(root)


def test_requirements() -> list[str]:
    """Return the requirements of the extra `test`."""
    import tomllib

    project = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["optional-dependencies"]["test"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", help="bookworm, trixie or sid")
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--root", type=Path, help="keep the root here")
    parser.add_argument("--suite", dest="tests", action="store_true", help="run the fast tests")
    parser.add_argument("--most", type=float, default=MOST, metavar="SECONDS", help="the bar")
    options = parser.parse_args()
    with bare_root(options.suite, options.root) as root:
        version = root.python_version()
        print(f"{options.suite}: Python {version}, no compiler, no headers", flush=True)
        more = test_requirements() if options.tests else []
        root.download(options.wheel, more, ".".join(version.split(".")[:2]))
        seconds = first_epoch(root, options.wheel.name)
        if options.tests:
            run_tests(root)
    print(f"{seconds:.0f} s from the wheel to the first epoch, offline (bar: {options.most:g} s)")
    sys.exit(seconds > options.most)


def first_epoch(root: BareRoot, wheel: str) -> float:
    """Return the seconds that installing and training for one epoch take."""
    root.run(f"rm -rf '{FOLDER}'; mkdir -p '{FOLDER}'")
    started = perf_counter()
    root.run(
        f"cd '{FOLDER}'; python3 -m venv .venv; .venv/bin/pip install -q --no-index "
        f"--find-links /wheels '/wheels/{wheel}'"
    )
    installed = perf_counter() - started
    root.run(f"cd '{FOLDER}'; .venv/bin/scallion train --epochs 1")
    seconds = perf_counter() - started
    print(f"{installed:.0f} s to install")
    doctor = root.run(f"cd '{FOLDER}'; .venv/bin/scallion doctor", quiet=True).stdout
    engine = next(line for line in doctor.splitlines() if line.startswith("engine"))
    print(engine)
    if "native" not in engine:
        sys.exit("bare_root: the engine is not the native one")
    return seconds


def run_tests(root: BareRoot) -> None:
    """Run the fast tests of the committed source with the installed wheel."""
    source = root.folder / FOLDER.removeprefix("/") / "source"
    source.mkdir()
    archive = subprocess.run(
        ["git", "-C", SOURCE, "archive", "HEAD"], capture_output=True, check=True
    )
    subprocess.run(["tar", "-x", "-C", source], input=archive.stdout, check=True)
    wanted = " ".join(f"'{requirement}'" for requirement in test_requirements())
    root.run(
        f"cd '{FOLDER}'; .venv/bin/pip install -q --no-index --find-links /wheels {wanted}; "
        "cd source; ../.venv/bin/pytest -q"
    )


if __name__ == "__main__":
    main()
