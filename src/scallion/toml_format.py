"""Parse TOML into typed values, with errors that name the file, the field and an edit."""

import re
import tomllib
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from scallion.errors import DataError, ScallionError

T = TypeVar("T")


def read_toml(text: str, kind: type[T], where: str) -> T:
    """Parse a text as a value of this type. Raises DataError that begins with `where`.

    >>> read_toml("rate = 0.5", dict[str, float], "dropout.toml")
    {'rate': 0.5}
    """
    return convert(parse_toml(text, where), kind, where)


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Return the tables of a TOML text. Raises DataError with the line."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))  # Windows' editors mark UTF-8 so
    except RecursionError:
        raise DataError(
            f"{where}: values are nested too deeply", hint="write lists of numbers and texts"
        ) from None
    except ValueError as error:  # of numbers with thousands of digits
        if isinstance(error, tomllib.TOMLDecodeError):
            raise _invalid(where, error) from None
        raise DataError(f"{where}: {error}", hint="write shorter numbers") from None


def _invalid(where: str, error: tomllib.TOMLDecodeError) -> DataError:
    return DataError(
        f"{where}: not valid TOML: {error}",
        hint='texts are in quotes, name = "value"; lists in brackets, [1, 2, 3]',
    )


def convert(value: Any, kind: type[T], where: str) -> T:
    """Return a parsed value as this type. Raises DataError, also for unknown fields."""
    import msgspec  # slow to import

    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, ScallionError):
            raise DataError(
                f"{where}: {error.__cause__.message}", hint=error.__cause__.hint
            ) from None
        problem, _, place = str(error).partition(" - at ")
        at = place.strip("`").removeprefix("$").lstrip(".")
        raise DataError(
            f"{where}: {problem[:1].lower()}{problem[1:]}" + (f", in `{at}`" if at else ""),
            hint=_hint(problem, _table_at(kind, at)),
        ) from None


def _table_at(kind: Any, place: str) -> Any:
    """Return the type of a place such as `budget` or `questions[0]`; None if it may be several."""
    for part in re.findall(r"[^.\[\]]+|\[[^\]]*\]", place):
        if part.startswith("["):
            kind = (get_args(kind) or (None,))[0 if get_origin(kind) is not dict else -1]
        else:
            kind = get_type_hints(kind).get(part) if hasattr(kind, "__struct_fields__") else None
        options = [one for one in get_args(kind) if one is not type(None)]
        if isinstance(kind, UnionType) or get_origin(kind) is Union:
            kind = options[0] if len(options) == 1 else None
    return kind


def _hint(problem: str, kind: Any) -> str:
    fields = getattr(kind, "__struct_fields__", ())
    if fields and ("unknown field" in problem or "required field" in problem):
        return f"its fields are: {', '.join(fields)}"
    return "compare with the examples in docs/how-to/write-a-lesson.md and docs/how-to/studies.md"
