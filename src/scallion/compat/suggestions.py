"""Messages for names of Keras and TensorFlow that Scallion does not have."""

from collections.abc import Iterable
from difflib import get_close_matches

from scallion.missing_names import missing

_TF_NAMES = "keras.ops and NumPy compute on arrays"


def explain(name: str, known: Iterable[str] = (), hint: str | None = None) -> tuple[str, str]:
    """Return the message and the hint for a dotted name, such as `tensorflow.GradientTape`.

    `known` are the names that its module has; `hint` replaces the one that is found here.
    """
    found = missing(name)
    parent, _, last = name.rpartition(".")
    reason = f": {found.reason}" if found else ""
    if hint is None and found is not None:
        hint = found.instead
    if hint is None:
        close = get_close_matches(last, list(known), n=1)
        other = f"dir({parent}) lists what exists" if parent else "see docs/differences.md"
        if name.startswith("tensorflow.") and ".keras" not in name:
            other = f"{_TF_NAMES}; {other}"
        hint = f"did you mean {parent}.{close[0]}?" if close else other
    return f"Scallion has no {name}{reason}", hint
