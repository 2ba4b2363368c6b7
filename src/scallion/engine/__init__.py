"""Engines: `native` (C++, fast) and `reference` (NumPy, simple)."""

from scallion.engine.interface import Capabilities, Engine, IndexedBatch, Objective, StepResult
from scallion.engine.registry import (
    ENGINE_VARIABLE,
    ENGINES,
    RegisteredEngine,
    capabilities,
    create,
    is_available,
    resolve,
)

__all__ = [
    "ENGINES",
    "ENGINE_VARIABLE",
    "Capabilities",
    "Engine",
    "IndexedBatch",
    "Objective",
    "RegisteredEngine",
    "StepResult",
    "capabilities",
    "create",
    "is_available",
    "resolve",
]
