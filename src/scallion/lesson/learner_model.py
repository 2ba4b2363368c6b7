"""The learner's own network: a Python file is run, and what it calls `model` is taken."""

import runpy
from pathlib import Path
from typing import Any

from scallion import files
from scallion.errors import ArgumentError, DataError, MissingFileError, ScallionError
from scallion.models import Model


def load_model(path: files.StrPath) -> Model:
    """The network `model` of a Python file, or the one in a `.keras` file.

    The file is the learner's and is run as `python FILE` would. Raises MissingFileError, DataError that
    names the line of the file where something went wrong.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise MissingFileError(f"{path} is not there", hint="name a Python file that makes `model`")
    if path.suffix == ".keras":
        from scallion.models import load_model as load

        return load(path)
    return model_of(_run(path), path.name)


def model_of(scope: dict[str, Any], where: str) -> Model:
    """What is called `model` there. Raises DataError where that is no network."""
    found = scope.get("model")
    if isinstance(found, Model):
        if not found.built:
            raise DataError(
                f"the model of {where} does not know the shape of its images",
                hint="begin it with Input((32, 32, 3))",
            )
        return found
    others = [name for name, value in scope.items() if isinstance(value, Model)]
    if "keras" in type(found).__module__.split("."):
        raise DataError(
            f"the model of {where} was made by Keras",
            hint="import scallion as keras, in place of import keras",
        )
    if others:
        raise DataError(f"{where} makes no `model`", hint=f"model = {others[-1]}")
    raise DataError(
        f"{where} makes no `model`", hint="model = keras.Model(inputs=inputs, outputs=outputs)"
    )


def _run(path: Path) -> dict[str, Any]:
    try:
        return runpy.run_path(str(path), run_name="__main__")
    except ScallionError as error:
        raise ArgumentError(f"{_place(path, error)}: {error.message}", hint=error.hint) from error
    except SystemExit as error:
        if not error.code:
            raise DataError(f"{path.name} ended by itself", hint="leave out exit()") from error
        raise DataError(f"{path.name} ended with {error.code}", hint=f"python {path}") from error
    except Exception as error:
        raise DataError(
            f"{_place(path, error)}: {type(error).__name__}: {error}", hint=f"try: python {path}"
        ) from error


def _place(path: Path, error: BaseException) -> str:
    """`model.py, line 7`: the last line of the learner's own that was being run."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return path.name if line is None else f"{path.name}, line {line}"
