"""`keras` and `tensorflow` as aliases: which imports work, and errors for missing names."""

from pathlib import Path

import pytest

from scripts import run_script


def test_every_import_of_keras_gives_scallion(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        """
        import keras
        import tensorflow as tf
        import tensorflow.keras.layers as L
        import tensorflow.keras as k
        from keras.layers import Dense
        from tensorflow import keras as other
        from tensorflow.keras import layers, models
        from tensorflow.keras.datasets import fashion_mnist, mnist
        from tensorflow.keras.optimizers import Adam
        from tensorflow.keras.optimizers.schedules import CosineDecay
        from tensorflow.keras.preprocessing import image
        import scallion

        same = {keras.layers.Dense, Dense, L.Dense, other.layers.Dense, tf.keras.layers.Dense}
        assert same == {k.layers.Dense, scallion.layers.Dense}, same
        assert keras.Model is scallion.Model and models.Sequential is scallion.Sequential
        assert mnist.load_data is scallion.datasets.mnist.load_data
        assert CosineDecay.__module__.startswith("scallion")
        assert keras.__version__.startswith("3.") and tf.__version__.startswith("2.")
        assert "Dense" in dir(keras.layers) and "keras" in str(keras)
        assert not hasattr(keras.layers, "LSTM")
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "name", "hint"),
    [
        ("import keras.applications.vgg16", "keras.applications.vgg16", "EfficientNetLite0"),
        ("from keras.applications import VGG16", "keras.applications.VGG16", "EfficientNetLite0"),
        ("from keras.layers import LSTM", "keras.layers.LSTM", "use Keras itself"),
        ("import keras; keras.layers.LSTM(3)", "keras.layers.LSTM", "use Keras itself"),
        ("import tensorflow as t; t.GradientTape()", "tensorflow.GradientTape", "model.fit"),
        ("import tensorflow as t; t.math.erf(3)", "tensorflow.math.erf", "with Keras itself"),
    ],
)
def test_missing_names_raise_with_line_and_hint(
    tmp_path: Path, line: str, name: str, hint: str
) -> None:
    done = run_script(tmp_path, f"x = 1\n{line}\n")
    assert done.returncode == 2
    place, message, hint_line = done.stderr.splitlines()
    assert place == f"error: script.py, line 2: {line}"
    assert message == f"Scallion has no {name}"
    assert hint_line.startswith("hint: ")
    assert hint in hint_line


def test_a_missing_module_raises_import_error(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        """
        try:
            import tensorflow.lite
        except ImportError as error:
            print("caught", type(error).__mro__[1].__name__)
        """,
    )
    assert (done.returncode, done.stdout) == (0, "caught UnsupportedError\n")
