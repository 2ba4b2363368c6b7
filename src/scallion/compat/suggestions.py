"""What to do about names that scripts use and Scallion does not have."""

ELSEWHERE = "run this script with Keras itself: python script.py, where Keras is installed"

_BIG = (
    "networks with downloaded weights are not there; build a small one, or train in Keras and "
    "open its file: keras.models.load_model('model.keras')"
)
_LOOPS = "steps of your own are not there; model.fit, or model.train_on_batch in your own loop"

_ADVICE = {
    "applications": _BIG,
    "ImageDataGenerator": (
        "keras.utils.image_dataset_from_directory(folder) with RandomFlip, RandomRotation and "
        "their kin as the model's first layers"
    ),
    "GradientTape": _LOOPS,
    "function": _LOOPS,
    "ops": "NumPy computes the same on arrays; inside a model use layers",
    "random": "numpy.random.default_rng(seed)",
    "np_utils": "from keras.utils import to_categorical",
    "TensorBoard": "CSVLogger('history.csv'), and scallion.plot(history)",
    "lite": "model.save('model.keras'), opened and converted by TensorFlow",
    "saved_model": "model.save('model.keras'), opened and converted by TensorFlow",
    "io": "pathlib and PIL read files",
    "distribute": "the engine uses all cores as it is",
}


def on(name: str) -> str:
    """An edit that helps where the last part of a dotted name is not there."""
    return _ADVICE.get(name.rpartition(".")[2], ELSEWHERE)
