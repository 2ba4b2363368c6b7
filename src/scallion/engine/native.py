"""The native engine: lowers a graph to a program and has the C++ core run it."""

from scallion.errors import EngineError


def is_available() -> bool:
    """Whether the compiled module can be imported."""
    return False


def require() -> None:
    """Raise EngineError where the compiled module is not there."""
    if not is_available():
        raise EngineError(
            "the compiled engine is not there",
            hint="install g++ or clang++ and run `pip install --force-reinstall scallion`",
        )
