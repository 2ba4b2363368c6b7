"""Numbers as people type them, with calculations: `307,300`, `3.07e5`, `32*32*3*100 + 100`."""

import ast
import operator
import re
from collections.abc import Callable

from scallion.errors import ArgumentError

Number = int | float

_LARGEST = 1e15
_OPERATIONS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
# A point, comma, space, apostrophe or underscore between thousands.
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:([,' \u202f\u00a0_])\d{3})(?:\1\d{3})*(?![\d])")


def read_number(text: object) -> Number:
    """Return the value of a typed number or calculation. Raises ArgumentError for anything else.

    >>> read_number("307,300"), read_number("32 x 32 x 3 x 100 + 100"), read_number("45 %")
    (307300, 307300, 0.45)
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return text
    plain = _normalise(str(text))
    is_percentage = plain.endswith("%")
    try:
        value = _value(ast.parse(plain.rstrip("%").strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        raise ArgumentError(
            f"this is not a number. Received: {str(text)[:60]!r}",
            hint="a number such as 1200, or a sum such as 10*10*12",
        ) from None
    if is_percentage:
        return value / 100
    return int(value) if isinstance(value, float) and value.is_integer() else value


def format_number(value: Number) -> str:
    """Return a number with separators between thousands.

    >>> format_number(307300), format_number(0.25)
    ('307,300', '0.25')
    """
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _normalise(text: str) -> str:
    text = _THOUSANDS.sub(lambda found: re.sub(r"\D", "", found[0]), text.strip().rstrip("."))
    text = text.replace("×", "*").replace("·", "*").replace("−", "-").replace("^", "**")
    text = re.sub(r"(?<=[\d)])\s*[xX]\s*(?=[\d(])", "*", text)
    return text.rpartition("=")[2].strip()


def _value(node: ast.expr) -> Number:
    """Evaluate numbers, their sums and products, squares and cubes; raise ValueError otherwise."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            result: Number = value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            result = -_value(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=2 | 3 as power)):
            base = _value(left)
            result = base * base * (base if power == 3 else 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            result = _OPERATIONS[type(op)](_value(left), _value(right))
        case _:
            raise ValueError
    if not abs(result) <= _LARGEST:
        raise ValueError
    return result
