"""The engines: `native` (C++, fast) and `reference` (NumPy, slow and obvious)."""

import os
import warnings

from scallion.engine import memory_requirements
from scallion.engine.interface import Engine, IndexedBatch, Objective, StepResult
from scallion.errors import ArgumentError
from scallion.graph import Graph

__all__ = ["Engine", "IndexedBatch", "Objective", "StepResult", "create"]

ENGINE_VARIABLE = "SCALLION_ENGINE"
_told = False


def create(graph: Graph, objective: Objective | None = None) -> Engine:
    """An engine for this graph; without an objective it can only predict.

    The native one where its compiled module is there, else the reference, after one warning.
    `SCALLION_ENGINE=reference` asks for the reference.
    """
    asked = os.environ.get(ENGINE_VARIABLE, "")
    if asked not in ("", "native", "reference"):
        raise ArgumentError(
            f"{ENGINE_VARIABLE} is 'native' or 'reference'. Received: {asked!r}",
            hint=f"{ENGINE_VARIABLE}=native",
        )
    memory_requirements.require_arrays(graph, objective)
    if asked != "reference":
        from scallion.engine import native

        if native.is_available():
            return native.NativeEngine(graph, objective)
        if asked == "native":
            native.require()
        _warn_once()
    from scallion.engine.reference import ReferenceEngine

    return ReferenceEngine(graph, objective)


def _warn_once() -> None:
    global _told
    if not _told:
        _told = True
        warnings.warn(
            "Scallion's compiled engine is not there, so the slow reference engine runs. "
            "hint: install g++ or clang++ and run `pip install --force-reinstall scallion`",
            stacklevel=3,
        )
