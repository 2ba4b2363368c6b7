"""Install a wheel twice, upgrade it and remove it: python wheel_life.py WHEEL. Nothing may be left.

Runs in a new environment without Scallion's dependencies. The upgrade is the same wheel under a
higher version, with one module less and another more.
"""

import base64
import hashlib
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

HIGHER = "99.0.0"
GONE, NEW = "scallion/text_format.py", "scallion/a_module_of_the_future.py"


def main() -> None:
    """Go through the life of a wheel."""
    wheel = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="ein Ordner für Müller ") as folder:
        environment = Path(folder, "environment")
        venv.create(environment, with_pip=True)
        python = environment / "bin/python"
        before = files_of(environment)
        pip(python, "install", "--no-deps", str(wheel))
        once = files_of(environment)
        pip(python, "install", "--no-deps", "--force-reinstall", str(wheel))
        require(files_of(environment) == once, "installing twice gives other files")
        # The first import of each module may leave byte code, which pip removes, too.
        pip(python, "install", "--no-deps", str(higher_version(wheel, Path(folder))))
        upgraded = files_of(environment)
        names = {name.split("site-packages/")[-1] for name in upgraded}
        require(GONE not in names and NEW in names, "the upgrade kept an old module")
        require(not any("scallion-0." in name for name in upgraded), "two versions are installed")
        pip(python, "uninstall", "--yes", "scallion")
        left = files_of(environment) - before
        require(not left, f"left after the removal: {sorted(left)}")
    sys.stdout.write("installed twice, upgraded and removed: nothing is left\n")


def higher_version(wheel: Path, folder: Path) -> Path:
    """Write the wheel under a higher version, with other modules, and return its path."""
    _, version, tags = wheel.name.split("-", 2)
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(wheel) as source:
        for name in source.namelist():
            if name != GONE and not name.endswith("/RECORD"):
                members[name.replace(f"-{version}.", f"-{HIGHER}.")] = source.read(name)
    information = f"scallion-{HIGHER}.dist-info"
    metadata = members[f"{information}/METADATA"]
    members[f"{information}/METADATA"] = metadata.replace(
        f"\nVersion: {version}\n".encode(), f"\nVersion: {HIGHER}\n".encode()
    )
    members[NEW] = b""
    record = [
        f"{name},sha256={base64.urlsafe_b64encode(digest(content)).rstrip(b'=').decode()},"
        for name, content in members.items()
    ]
    members[f"{information}/RECORD"] = "\n".join([*record, f"{information}/RECORD,,\n"]).encode()
    path = folder / f"scallion-{HIGHER}-{tags}"
    with zipfile.ZipFile(path, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def digest(content: bytes) -> bytes:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(content).digest()


def files_of(environment: Path) -> set[str]:
    """Return the files and folders of an environment, without pip's own byte code."""
    found = (path.relative_to(environment).as_posix() for path in environment.rglob("*"))
    return {name for name in found if "/pip/" not in name}


def pip(python: Path, *arguments: str) -> None:
    """Run pip quietly, without an index."""
    command = [python, "-m", "pip", "-q", "--disable-pip-version-check"]
    no_index = ["--no-index"] if arguments[0] == "install" else []
    subprocess.run([*command, *arguments, *no_index], check=True)  # noqa: S603


def require(condition: bool, message: str) -> None:
    """End with a message unless the condition holds."""
    if not condition:
        sys.exit(f"wheel_life: {message}")


if __name__ == "__main__":
    main()
