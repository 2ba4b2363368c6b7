"""Writing wheels so that the same contents give the same bytes."""

import base64
import hashlib
import stat
import zipfile
from pathlib import Path

from wheel_platforms import Platform

ENGINE = "scallion/engine/"
# The earliest time that a zip file can state.
TIME = (1980, 1, 1, 0, 0, 0)


def pack_platform_wheel(pure: Path, library: Path, platform: Platform, dist: Path) -> Path:
    """Write the wheel of a platform: the pure wheel, the library, and the platform's tag."""
    with zipfile.ZipFile(pure) as source:
        members = {name: source.read(name) for name in source.namelist() if name[-1] != "/"}
    (record,) = (name for name in members if name.endswith(".dist-info/RECORD"))
    wheel_file = record.replace("RECORD", "WHEEL")
    del members[record]
    members[wheel_file] = _tagged(members[wheel_file].decode(), platform).encode()
    members[ENGINE + platform.library] = library.read_bytes()
    members[record] = _record(members, record).encode()
    name, version = record.split(".dist-info")[0].rsplit("-", 1)
    path = dist / f"{name}-{version}-py3-none-{platform.tag}.whl"
    temporary = path.with_suffix(".part")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        # The files about the wheel come last, as the wheel's specification recommends.
        for member in sorted(members, key=lambda member: (member.startswith(f"{name}-"), member)):
            target.writestr(_entry(member), members[member])
    temporary.replace(path)
    return path


def _entry(member: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(member, TIME)
    executable = member.endswith((".so", ".dylib", ".dll"))
    entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    entry.create_system = 3  # as on Unix, wherever it is written
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _tagged(wheel: str, platform: Platform) -> str:
    """Return the file WHEEL with the platform's tags."""
    kept = [
        line
        for line in wheel.splitlines()
        if line.strip() and not line.startswith(("Tag:", "Root-Is-Purelib:"))
    ]
    tags = [f"Tag: py3-none-{one}" for one in platform.tag.split(".")]
    return "\n".join([*kept, "Root-Is-Purelib: false", *tags]) + "\n"


def _record(members: dict[str, bytes], record: str) -> str:
    lines = []
    for name in sorted(members):
        digest = base64.urlsafe_b64encode(hashlib.sha256(members[name]).digest())
        lines.append(f"{name},sha256={digest.rstrip(b'=').decode()},{len(members[name])}")
    return "\n".join([*lines, f"{record},,"]) + "\n"
