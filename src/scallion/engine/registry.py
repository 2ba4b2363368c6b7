"""The registry of engines, and the choice between them."""

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from scallion import session
from scallion.engine.interface import Capabilities, Engine, Objective
from scallion.engine.programs import memory_requirements
from scallion.errors import ArgumentError, UnsupportedError
from scallion.graph import Graph
from scallion.installation import install_engine

ENGINE_VARIABLE = "SCALLION_ENGINE"

Capability = Literal["activations", "input_gradients", "weight_gradients"]


@dataclass(frozen=True, slots=True)
class RegisteredEngine:
    """Functions that create an engine, test if it can run here, and return its capabilities.

    `require` raises EngineError, with what to install, for an engine that cannot run here.
    """

    create: Callable[[Graph, Objective | None], Engine]
    is_available: Callable[[], bool]
    require: Callable[[], object]
    capabilities: Callable[[], Capabilities]


# Both engines are imported when they are first used: each takes some milliseconds.
def _native() -> RegisteredEngine:
    from scallion.engine import native, native_library

    return RegisteredEngine(
        native.NativeEngine, native.is_available, native_library.load, native.capabilities
    )


def _reference() -> RegisteredEngine:
    from scallion.engine.reference import engine  # only when used, as above

    return RegisteredEngine(
        engine.ReferenceEngine, lambda: True, lambda: None, lambda: engine.CAPABILITIES
    )


ENGINES: dict[str, Callable[[], RegisteredEngine]] = {"native": _native, "reference": _reference}
"""All engines by name, the preferred ones first."""

_has_warned = False


def resolve(engine: str = "auto", needs: Sequence[Capability] = ()) -> str:
    """Return the name of the engine that runs for a choice: `native` or `reference`.

    `auto` is the engine that the session or the environment variable SCALLION_ENGINE names, else
    the first of `ENGINES` that can run here and has all capabilities in `needs`.

    Raises ArgumentError for an unknown name, EngineError for an engine that cannot run here, and
    UnsupportedError for a named engine that lacks a capability.
    """
    if engine == "auto":
        preferred = _preferred()
        if preferred is not None:
            ENGINES[preferred]().require()
        order = sorted(ENGINES, key=lambda name: name != preferred)
        return next(name for name in order if _can_run(name, needs))
    if engine not in ENGINES:
        raise ArgumentError(
            f"`engine` is one of 'auto', {', '.join(map(repr, ENGINES))}. "
            f"Received: engine={engine!r}",
            hint='engine="auto"',
        )
    ENGINES[engine]().require()
    for need in _missing(engine, needs):
        raise UnsupportedError(
            f"the {engine} engine does not compute {need.replace('_', ' ')}", hint='engine="auto"'
        )
    return engine


def create(
    graph: Graph,
    objective: Objective | None = None,
    engine: str = "auto",
    needs: Sequence[Capability] = (),
) -> Engine:
    """Return an engine for a graph; without an objective it can only predict.

    `engine` is `auto`, `native` or `reference`: see `resolve`. Warns once when `auto` falls back to
    the reference because the compiled engine is missing. Raises what `resolve` raises, and
    EngineError where the weights do not fit into memory.
    """
    name = resolve(engine, needs)
    memory_requirements.require_weights(graph, objective)
    if engine == "auto" and _preferred() is None:
        _warn_without_native()
    return ENGINES[name]().create(graph, objective)


def is_available(engine: str) -> bool:
    """Return whether the engine of this name can run here."""
    return ENGINES[engine]().is_available()


def capabilities(engine: str = "auto") -> Capabilities:
    """Return the capabilities of the engine of this name. Raises what `resolve` raises."""
    return ENGINES[resolve(engine)]().capabilities()


def _preferred() -> str | None:
    """Return the engine that the session or SCALLION_ENGINE names, None without any."""
    chosen = session.get_engine()
    name = chosen or os.environ.get(ENGINE_VARIABLE) or None
    if name is not None and name not in ENGINES:
        source = "the session's engine" if chosen else ENGINE_VARIABLE
        raise ArgumentError(
            f"{source} is {' or '.join(map(repr, ENGINES))}. Received: {name!r}",
            hint=f"{ENGINE_VARIABLE}=native",
        )
    return name


def _can_run(name: str, needs: Sequence[Capability]) -> bool:
    return ENGINES[name]().is_available() and not _missing(name, needs)


def _missing(name: str, needs: Sequence[Capability]) -> list[Capability]:
    if not needs:
        return []
    offered = ENGINES[name]().capabilities()
    return [need for need in needs if not getattr(offered, need)]


def _warn_without_native() -> None:
    global _has_warned
    if not _has_warned and not is_available("native"):
        _has_warned = True
        warnings.warn(
            "Scallion's compiled engine is missing, so the slow reference engine runs. "
            f"hint: {install_engine()}",
            stacklevel=3,
        )
