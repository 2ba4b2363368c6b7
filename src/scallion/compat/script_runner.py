"""Run a script of somebody's as it stands, with Scallion where it asks for Keras or TensorFlow."""

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

_HERE = Path(scallion.__file__).parent


def run_script(path: str | Path, arguments: list[str]) -> None:
    """Run the Python file as `python path arguments` would; `keras` in it is Scallion.

    Our own errors come out as they are, with the script's line in front of the message; all others
    unchanged. Raises MissingFileError where there is no such file.
    """
    script = Path(path)
    if not script.is_file():
        raise MissingFileError(
            f"there is no script {str(path)!r}", hint="scallion run my_script.py [ARGUMENTS]"
        )
    before = sys.argv[:], sys.path[:]
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    module_aliases.install()
    try:
        runpy.run_path(str(path), run_name="__main__")
    except ScallionError as error:
        raise located(error, error.__traceback__) from error
    except ImportError as error:
        missing = named(error)
        if missing is None:
            raise
        raise located(missing, error.__traceback__) from error
    finally:
        module_aliases.uninstall()
        sys.argv[:], sys.path[:] = before


def located(error: ScallionError, trace: TracebackType | None) -> ScallionError:
    """The same error with the innermost line in front that is not Scallion's own."""
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
    """Whether a file is neither Scallion's nor Python's own."""
    return not Path(filename).is_relative_to(_HERE) and "importlib" not in filename


def named(error: ImportError) -> ScallionError | None:
    """What our module says of a name that `from keras.layers import NAME` did not find.

    Python drops the module's own words there, so it is asked once more.
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
