"""Run a Keras or TensorFlow script unchanged, with Scallion in their place."""

import linecache
import re
import runpy
import sys
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

import scallion
from scallion.compat import module_aliases
from scallion.errors import MissingFileError, ScallionError

_PACKAGE = Path(scallion.__file__).parent


def run_script(path: str | Path, arguments: list[str]) -> dict[str, Any]:
    """Run a Python file as `python path arguments` would, and return its variables.

    Scallion stands in for `keras` and `tensorflow` in it.

    The messages of Scallion's errors start with the script's line; other errors are unchanged.
    Raises MissingFileError.
    """
    script = Path(path)
    if not script.is_file():
        raise MissingFileError(
            f"the script {str(path)!r} does not exist", hint="scallion run my_script.py [ARGUMENTS]"
        )
    before = sys.argv[:], sys.path[:]
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    module_aliases.install()
    try:
        return runpy.run_path(str(path), run_name="__main__")
    except ScallionError as error:
        raise with_script_line(error, error.__traceback__) from error
    except ImportError as error:
        missing = find_name_error(error)
        if missing is None:
            raise
        raise with_script_line(missing, error.__traceback__) from error
    finally:
        module_aliases.uninstall()
        sys.argv[:], sys.path[:] = before


def with_script_line(error: ScallionError, trace: TracebackType | None) -> ScallionError:
    """Return the error with the innermost line of user code before its message."""
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith("<") and is_user_code(code.co_filename):
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip()
            place = f"{Path(code.co_filename).name}, line {trace.tb_lineno}: {line}\n"
        trace = trace.tb_next
    error.message = f"{place}{error.message}"
    error.args = (error.message,)
    return error


def is_user_code(filename: str) -> bool:
    """Return whether a file belongs to neither Scallion nor Python's import system."""
    return not Path(filename).is_relative_to(_PACKAGE) and "importlib" not in filename


def find_name_error(error: ImportError) -> ScallionError | None:
    """Return Scallion's error for a name that `from keras.layers import NAME` did not find.

    Python replaces the module's error there, so the attribute is looked up once more.
    """
    if isinstance(error, ScallionError):
        return error
    found = re.match(r"cannot import name '(\w+)' from '((?:keras|tensorflow)[\w.]*)'", str(error))
    if found is None:
        return None
    name, module = found.groups()
    try:
        getattr(_imported(module), name)
    except ScallionError as ours:
        return ours
    return None


def _imported(module: str) -> Any:
    return sys.modules.get(module) or import_module(module)
