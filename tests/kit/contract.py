"""Parts of all contract suites: cases, and comparisons of two implementations.

A namespace is a module with classes of one kind: `scallion.optimizers`, `keras.optimizers`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A class with its arguments; an argument may be a case itself, of a schedule."""

    name: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def title(self) -> str:
        values = [*self.arguments, *self.options.values()]
        texts = [one.title if isinstance(one, Case) else repr(one) for one in values]
        names = [""] * len(self.arguments) + [f"{key}=" for key in self.options]
        return f"{self.name}({', '.join(map(str.__add__, names, texts))})"

    def make(self, namespace: Any) -> Any:
        """Return the object, and those of its arguments, made from the classes of a namespace."""

        def own(value: Any) -> Any:
            return value.make(namespace.schedules) if isinstance(value, Case) else value

        options = {key: own(value) for key, value in self.options.items()}
        return getattr(namespace, self.name)(*map(own, self.arguments), **options)


def case(name: str, /, *arguments: Any, **options: Any) -> Case:
    """Return a case from a call's arguments."""
    return Case(name, arguments, options)


def plain(value: Any) -> Any:
    """Return the value with all nested arrays as lists."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value.tolist() if hasattr(value, "tolist") else value


def refusal(namespace: Any, name: str, arguments: dict[str, Any]) -> str:
    """Return the built-in type of the error that these arguments raise, or "none"."""
    try:
        getattr(namespace, name)(**arguments)
    except ValueError:
        return "ValueError"
    except Exception as error:  # whichever Keras raises
        return type(error).__name__
    return "none"


def raised(do: Callable[[], Any]) -> set[type]:
    """Return the built-in classes of the error that a call raises; empty if it raises none."""
    try:
        do()
    except Exception as error:  # any error is a result
        kinds = type(error).__mro__
        return {kind for kind in kinds if kind.__module__ == "builtins"} - set(Exception.__mro__)
    return set()


def assert_same_error(ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    """Assert that Keras raises an error, and that catching its types catches ours."""
    wanted = raised(theirs)
    assert wanted
    assert wanted <= raised(ours)


def assert_same_config(one: Case, ours: Any, theirs: Any) -> None:
    """Assert equal configs, and that each side can read the other's, also from JSON."""
    our, their = one.make(ours), one.make(theirs)
    config = plain(their.get_config())
    assert plain(our.get_config()) == config
    written, wanted = ours.serialize(our), theirs.serialize(their)
    assert written["class_name"] == wanted["class_name"]
    for namespace, foreign in ((theirs, written), (ours, wanted)):
        assert plain(namespace.deserialize(_copied(foreign)).get_config()) == config
        kind = getattr(namespace, one.name)
        assert plain(kind.from_config(_copied(config)).get_config()) == config


def found(namespace: Any, identifier: Any) -> Any:
    """Return the class name and config that an identifier is resolved to, or None."""
    one = namespace.get(identifier)
    return None if one is None else (type(one).__name__, plain(one.get_config()))


def _copied(value: Any) -> Any:
    """Return a copy by way of JSON, as Keras modifies the configs that it gets."""
    return json.loads(json.dumps(plain(value)))
