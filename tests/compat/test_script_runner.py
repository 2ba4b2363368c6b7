"""`scallion run`: scripts of Keras' users, unchanged."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def run(tmp_path: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(script), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "scallion", "run", str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_way_of_importing_keras_leads_to_scallion(tmp_path: Path) -> None:
    done = run(
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


def test_the_names_of_tensorflow_that_scripts_touch(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
        import numpy as np
        import tensorflow as tf
        import tensorflow.data

        tf.random.set_seed(1)
        assert tf.config.list_physical_devices("GPU") == []
        assert len(tf.config.list_physical_devices()) == 1
        assert tf.data.AUTOTUNE == tf.data.experimental.AUTOTUNE == -1
        x = tf.cast(np.arange(3), tf.float32) / 2.0
        assert x.numpy().tolist() == [0.0, 0.5, 1.0] and x.numpy().dtype == np.float32
        assert tf.argmax([[1, 3, 2]], axis=1).numpy().tolist() == [1]
        assert tf.one_hot([1], 3).numpy().tolist() == [[0.0, 1.0, 0.0]]
        assert tf.expand_dims(x, 0).shape == (1, 3)
        assert abs(float(tf.nn.softmax([0.0, 0.0])[0]) - 0.5) < 1e-7
        assert tf.math.confusion_matrix([0, 1, 1], [0, 1, 0]).numpy().tolist() == [[1, 0], [1, 1]]
        with tf.device("/CPU:0"):
            assert tf.reduce_mean(x).numpy() == 0.5
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_script_gets_its_own_arguments_folder_and_name(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("word = 'found'\n")
    done = run(
        tmp_path,
        """
        import sys
        import beside
        print(__name__, sys.argv[1:], beside.word)
        """,
        "--epochs",
        "5",
        "--help",
    )
    assert done.stdout.split("\n")[0] == "__main__ ['--epochs', '5', '--help'] found"


@pytest.mark.parametrize(
    ("line", "name", "hint"),
    [
        ("import keras.applications", "keras.applications", "networks with downloaded weights"),
        ("from keras.applications import VGG16", "keras.applications", "networks with downloaded"),
        ("from keras.layers import LSTM", "keras.layers.LSTM", "use Keras itself"),
        ("import keras; keras.layers.LSTM(3)", "keras.layers.LSTM", "use Keras itself"),
        ("import tensorflow as t; t.GradientTape()", "tensorflow.GradientTape", "model.fit"),
        ("import tensorflow as t; t.math.erf(3)", "tensorflow.math.erf", "with Keras itself"),
        (
            "from tensorflow.keras.preprocessing.image import ImageDataGenerator",
            "tensorflow.keras.preprocessing.image.ImageDataGenerator",
            "image_dataset_from_directory",
        ),
    ],
)
def test_what_is_not_there_is_named_with_its_line_and_what_to_do(
    tmp_path: Path, line: str, name: str, hint: str
) -> None:
    done = run(tmp_path, f"x = 1\n{line}\n")
    assert done.returncode == 2
    place, message, advice = done.stderr.splitlines()
    assert place == f"error: script.py, line 2: {line}"
    assert message == f"{name} is not there in Scallion"
    assert advice.startswith("hint: ")
    assert hint in advice


def test_an_error_of_ours_names_the_line_of_the_script(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
        from keras import layers

        def build():
            return layers.Conv2D(0, 3)

        build()
        """,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: script.py, line 5: return layers.Conv2D(0, 3)\n")
    assert "\nhint: " in done.stderr


def test_an_error_of_the_scripts_own_is_shown_as_python_shows_it(tmp_path: Path) -> None:
    done = run(tmp_path, "import keras\n\n1 / 0\n")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith('script.py", line 3, in <module>')
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "runpy" not in done.stderr
    assert "scallion" not in done.stderr


@pytest.mark.parametrize(("ending", "code"), [("0", 0), ("3", 3), ("'words'", 1), ("", 0)])
def test_the_scripts_exit_code_is_ours(tmp_path: Path, ending: str, code: int) -> None:
    done = run(tmp_path, f"import sys\nsys.exit({ending})\n")
    assert done.returncode == code
    assert ("words" in done.stderr) == (ending == "'words'")


def test_a_script_that_is_not_there_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scallion", "run", str(tmp_path / "nothere.py")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "nothere.py" in done.stderr
    assert "\nhint: " in done.stderr


def test_an_import_that_is_tried_may_fail_as_imports_do(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
        try:
            import tensorflow.lite
        except ImportError as error:
            print("caught", type(error).__mro__[1].__name__)
        """,
    )
    assert (done.returncode, done.stdout) == (0, "caught UnsupportedError\n")


def test_a_notebook_extension_gives_the_names_and_takes_them_back() -> None:
    program = """
import sys
import scallion
scallion.load_ipython_extension(None)
import keras
assert keras.layers.Dense is scallion.layers.Dense
scallion.unload_ipython_extension(None)
assert "keras" not in sys.modules
try:
    import tensorflow
except ModuleNotFoundError:
    pass
"""
    subprocess.run([sys.executable, "-c", program], check=True)
