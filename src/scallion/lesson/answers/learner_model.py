"""Load the learner's network: run a Python file and take what it calls `model`."""

import runpy
from pathlib import Path
from typing import Any

from scallion import files, models
from scallion.errors import ArgumentError, DataError, MissingFileError, ScallionError
from scallion.models import Model


def load_model(path: files.StrPath) -> Model:
    """Return the network `model` of a Python file, or the network in a `.keras` file.

    The file is the learner's, and is run as `python FILE` would. Raises MissingFileError, and
    DataError with the line of the file where something went wrong.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise MissingFileError(
            f"{path} does not exist", hint="name a Python file that defines `model`"
        )
    if path.suffix == ".keras":
        return models.load_model(path)
    return find_model(_run(path), path.name)


def find_model(scope: dict[str, Any], file: str) -> Model:
    """Return the variable `model` of a file. Raises DataError if it is not a network."""
    found = scope.get("model")
    if isinstance(found, Model):
        if not found.built:
            raise DataError(
                f"the model of {file} does not know the shape of its images",
                hint="begin it with Input((32, 32, 3))",
            )
        return found
    if "keras" in type(found).__module__.split("."):
        raise DataError(
            f"the model of {file} was made by Keras",
            hint="import scallion as keras, in place of import keras",
        )
    others = [name for name, value in scope.items() if isinstance(value, Model)]
    example = others[-1] if others else "keras.Model(inputs=inputs, outputs=outputs)"
    raise DataError(f"{file} does not define `model`", hint=f"model = {example}")


def _run(path: Path) -> dict[str, Any]:
    try:
        return runpy.run_path(str(path), run_name="__main__")
    except ScallionError as error:
        raise ArgumentError(
            f"{_location(path, error)}: {error.message}", hint=error.hint
        ) from error
    except SystemExit as error:
        if not error.code:
            raise DataError(f"{path.name} called exit()", hint="leave out exit()") from error
        raise DataError(f"{path.name} ended with {error.code}", hint=f"python {path}") from error
    except Exception as error:
        raise DataError(
            f"{_location(path, error)}: {type(error).__name__}: {error}",
            hint=f"try: python {path}",
        ) from error


def _location(path: Path, error: BaseException) -> str:
    """Return `model.py, line 7`: the last line of the learner's file that was run."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return path.name if line is None else f"{path.name}, line {line}"
