"""Fetch the page's libraries from npm: released files as they are, with licences and hashes.

python scripts/vendor_page.py [--check]; --check compares what is committed, and fetches nothing.
"""

import argparse
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "src" / "scallion" / "workbench" / "page" / "vendor"
RECORD = FOLDER / "vendor.json"
MOST = 250_000  # bytes of the whole page

# package, version, file in the package, name here
FILES = (
    ("preact", "11.2.0", "dist/preact.mjs", "preact.mjs"),
    ("preact", "11.2.0", "hooks/dist/hooks.mjs", "hooks.mjs"),
    ("preact", "11.2.0", "LICENSE", "preact.LICENSE.txt"),
    ("htm", "3.1.1", "dist/htm.mjs", "htm.mjs"),
    ("htm", "3.1.1", "LICENSE", "htm.LICENSE.txt"),
    ("@preact/signals", "2.11.4", "dist/signals.mjs", "signals.mjs"),
    ("@preact/signals", "2.11.4", "LICENSE", "signals.LICENSE.txt"),
    ("@preact/signals-core", "1.14.5", "dist/signals-core.mjs", "signals-core.mjs"),
    ("uplot", "1.6.32", "dist/uPlot.iife.min.js", "uplot.js"),
    ("uplot", "1.6.32", "dist/uPlot.min.css", "uplot.css"),
    ("uplot", "1.6.32", "LICENSE", "uplot.LICENSE.txt"),
)


def fetch(package: str, version: str) -> tarfile.TarFile:
    """Return the published archive of a package; npm checks its integrity."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        (archive,) = Path(folder).glob("*.tgz")
        return tarfile.open(fileobj=io.BytesIO(archive.read_bytes()))


def vendor() -> None:
    """Write all files, and their record."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    archives: dict[tuple[str, str], tarfile.TarFile] = {}
    record = {}
    for package, version, inside, name in FILES:
        if (package, version) not in archives:
            archives[package, version] = fetch(package, version)
        file = archives[package, version].extractfile(f"package/{inside}")
        if file is None:
            sys.exit(f"{package} {version} has no {inside}")
        content = file.read()
        (FOLDER / name).write_bytes(content)
        record[name] = {
            "package": package,
            "version": version,
            "file": inside,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    RECORD.write_text(json.dumps(record, indent=2) + "\n")


def problems() -> list[str]:
    """Return what differs from the record, and whether the page has become too large."""
    record = json.loads(RECORD.read_text())
    wanted = {name: (package, version) for package, version, _, name in FILES}
    found = [f"{name} is not recorded" for name in wanted if name not in record]
    for name, entry in record.items():
        content = (FOLDER / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            found.append(f"{name} is not the released file")
        if wanted.get(name) != (entry["package"], entry["version"]):
            found.append(f"{name} is of another version")
    size = sum(path.stat().st_size for path in FOLDER.parent.rglob("*") if path.is_file())
    if size > MOST:
        found.append(f"the page has {size:,} bytes, more than {MOST:,}")
    return found


def main() -> None:
    """Fetch, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        vendor()
    if found := problems():
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
