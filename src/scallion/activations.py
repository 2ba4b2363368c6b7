"""The activations by name. Numbers are computed by the engines; here is the vocabulary."""

from scallion.errors import UnknownNameError

# Name: the engine's own name for it. Keras' aliases share one.
_TABLE = {
    "linear": "linear",
    "relu": "relu",
    "softmax": "softmax",
}


def get(identifier: object) -> str:
    """The activation's canonical name; None is `linear`. Raises UnknownNameError."""
    if identifier is None:
        return "linear"
    name = getattr(identifier, "__name__", identifier)
    if isinstance(name, str) and name in _TABLE:
        return _TABLE[name]
    raise UnknownNameError("activation", identifier, _TABLE)
