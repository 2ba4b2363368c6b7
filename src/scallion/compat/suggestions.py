"""Alternatives to names of Keras and TensorFlow that Scallion does not have."""

RUN_WITH_KERAS = "run this script with Keras itself: python script.py, where Keras is installed"

_CUSTOM_STEPS = (
    "custom training steps are not supported; use model.fit, or model.train_on_batch in a loop"
)

_SUGGESTIONS = {
    "GradientTape": _CUSTOM_STEPS,
    "function": _CUSTOM_STEPS,
    "random": "numpy.random.default_rng(seed)",
    "np_utils": "from keras.utils import to_categorical",
    "TensorBoard": "CSVLogger('history.csv'), and scallion.plot(history)",
    "lite": "model.save('model.keras'), then open and convert it with TensorFlow",
    "saved_model": "model.save('model.keras'), then open and convert it with TensorFlow",
    "io": "read files with pathlib and PIL",
    "distribute": "the engine uses all cores by default",
}


def suggest(name: str) -> str:
    """Return an edit that replaces the last part of a dotted name."""
    return _SUGGESTIONS.get(name.rpartition(".")[2], RUN_WITH_KERAS)
