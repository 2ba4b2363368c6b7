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
        ("from keras.layers import LSTM", "keras.layers.LSTM", "layers of image networks"),
        ("import keras; keras.layers.LSTM(3)", "keras.layers.LSTM", "layers of image networks"),
        ("import tensorflow as t; t.GradientTape()", "tensorflow.GradientTape", "model.fit"),
        ("import tensorflow as t; t.math.zeta(3)", "tensorflow.math.zeta", "dir(tensorflow.math)"),
        ("import keras; keras.losses.CTC()", "keras.losses.CTC", "NumPy arrays"),
        ("from keras.layers import Con2D", "keras.layers.Con2D", "keras.layers.Conv2D?"),
        ("import tensorflow.lite", "tensorflow.lite", "model.export("),
    ],
)
def test_missing_names_raise_with_line_and_hint(
    tmp_path: Path, line: str, name: str, hint: str
) -> None:
    done = run_script(tmp_path, f"x = 1\n{line}\n")
    assert done.returncode == 2
    place, message, hint_line = done.stderr.splitlines()
    assert place == f"error: script.py, line 2: {line}"
    assert message.startswith(f"Scallion has no {name}")
    assert hint_line.startswith("hint: ")
    assert hint in hint_line
    assert "Keras itself" not in hint_line


def test_star_imports_and_older_modules_have_the_names(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        """
        from keras.layers import *
        from keras.models import *
        from keras.optimizers import *
        from keras.layers.advanced_activations import LeakyReLU as Leaky
        from keras.layers.core import Dense as Core
        from keras.utils import np_utils
        from keras.utils.np_utils import to_categorical
        from tensorflow.keras.layers.experimental import preprocessing
        from tensorflow.keras.optimizers.legacy import SGD as Legacy
        from tensorflow.python.keras.layers import Dense as Inner

        assert Core is Inner is Dense and Leaky is LeakyReLU and Legacy is SGD
        assert preprocessing.Rescaling is Rescaling and np_utils.to_categorical is to_categorical
        assert Sequential([Input((2,)), Conv2D is not None and Dense(2)]).count_params() == 6
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_older_backend_computes_with_ops(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        """
        import numpy as np
        from tensorflow.keras import Input, backend as K

        x = np.array([[1.0, -4.0], [9.0, 0.25]], "float32")
        assert K.eval(K.sum(K.square(x), axis=1)).tolist() == [17.0, 81.0625]
        assert K.int_shape(K.batch_flatten(Input((4, 5, 3)))) == (None, 60)
        assert K.eval(K.clip(x, 0, 1)).tolist() == [[1.0, 0.0], [1.0, 0.25]]
        assert np.allclose(K.eval(K.l2_normalize(x, axis=1))[1], [0.9996, 0.0278], atol=1e-4)
        counter = K.variable(3.0)
        K.update_add(counter, 2)
        assert K.get_value(counter) == 5 and K.count_params(K.variable(x)) == 4
        K.set_floatx("float32")
        K.set_image_data_format("channels_last")
        print(K.get_uid("net"), K.get_uid("net"), K.random_uniform((2, 3)).shape)
        try:
            K.set_floatx("float64")
        except ValueError as error:
            print(error)
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "1 2 (2, 3)",
        (
            "set_floatx('float64') is not supported: 'float32' is the type of all weights "
            "and activations"
        ),
        "hint: leave the line out, or set_floatx('float32')",
    ]


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
