"""Folders that are written completely or not at all."""

import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from scallion.errors import FileError
from scallion.files import StrPath, file_errors


def write_folder(
    path: StrPath, content: Mapping[str, bytes], *, replaces: Callable[[StrPath], bool]
) -> None:
    """Write a folder of files under a hidden name and rename it when it is complete.

    A folder of this name is replaced if `replaces` says so. Raises FileError for any other, and if
    the folder cannot be written.
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".scallion-{secrets.token_hex(8)}.tmp")
    old = target.with_name(f".scallion-{secrets.token_hex(8)}.tmp")
    if target.exists() and not replaces(target):
        raise FileError(
            f"{path} exists and is not an export of this format", hint="another name with --out"
        )
    with file_errors(target, "write"):
        try:
            temporary.mkdir()
            for name, data in content.items():
                (temporary / name).write_bytes(data)
            if target.exists():
                target.rename(old)
            temporary.rename(target)
        except BaseException:
            if old.exists() and not target.exists():
                with suppress(OSError):
                    old.rename(target)
            raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            if target.exists():
                shutil.rmtree(old, ignore_errors=True)
