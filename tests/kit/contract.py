"""What the contract suites of all kinds share: a case, and what comes of it on either side.

A room is a module with the classes of one kind: `scallion.optimizers`, `keras.optimizers`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A class with its arguments. An argument may be a case itself: of a schedule."""

    name: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def title(self) -> str:
        values = [*self.arguments, *self.options.values()]
        texts = [one.title if isinstance(one, Case) else repr(one) for one in values]
        names = [""] * len(self.arguments) + [f"{key}=" for key in self.options]
        return f"{self.name}({', '.join(map(str.__add__, names, texts))})"

    def made(self, room: Any) -> Any:
        """The object, with all that belongs to it, from one side's classes."""

        def own(value: Any) -> Any:
            return value.made(room.schedules) if isinstance(value, Case) else value

        options = {key: own(value) for key, value in self.options.items()}
        return getattr(room, self.name)(*map(own, self.arguments), **options)


def case(name: str, /, *arguments: Any, **options: Any) -> Case:
    return Case(name, arguments, options)


def plain(value: Any) -> Any:
    """Arrays as lists, all the way down."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value.tolist() if hasattr(value, "tolist") else value


def refusal(room: Any, name: str, arguments: dict[str, Any]) -> str:
    """The builtin kind of the error that these arguments raise, or "none"."""
    try:
        getattr(room, name)(**arguments)
    except ValueError:
        return "ValueError"
    except Exception as error:  # whatever Keras lets through
        return type(error).__name__
    return "none"


def raised(do: Callable[[], Any]) -> set[type]:
    """Python's own classes of the error that comes of it; nothing where none comes."""
    try:
        do()
    except Exception as error:  # each is an answer
        kinds = type(error).__mro__
        return {kind for kind in kinds if kind.__module__ == "builtins"} - set(Exception.__mro__)
    return set()


def assert_same_error(ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    """Keras refuses it, and who catches Keras' error catches ours."""
    wanted = raised(theirs)
    assert wanted
    assert wanted <= raised(ours)


def assert_same_config(one: Case, ours: Any, theirs: Any) -> None:
    """Equal configs, and each side makes the same of the other's, also as files hold them."""
    mine, their = one.made(ours), one.made(theirs)
    config = plain(their.get_config())
    assert plain(mine.get_config()) == config
    written, wanted = ours.serialize(mine), theirs.serialize(their)
    assert written["class_name"] == wanted["class_name"]
    for room, foreign in ((theirs, written), (ours, wanted)):
        assert plain(room.deserialize(_copied(foreign)).get_config()) == config
        kind = getattr(room, one.name)
        assert plain(kind.from_config(_copied(config)).get_config()) == config


def found(room: Any, identifier: Any) -> Any:
    """The class and config that an identifier stands for, or None."""
    one = room.get(identifier)
    return None if one is None else (type(one).__name__, plain(one.get_config()))


def _copied(value: Any) -> Any:
    """What a file gives back: Keras changes the configs that it is given."""
    return json.loads(json.dumps(plain(value)))
