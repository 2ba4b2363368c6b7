"""Names of TensorFlow itself."""

from pathlib import Path

from scripts import run_script


def test_names_of_tensorflow_work_on_arrays(tmp_path: Path) -> None:
    done = run_script(
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


SYMBOLIC = """
import numpy as np, tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
x = keras.Input((8, 8, 3))
y = layers.Conv2D(4, 3, activation=tf.nn.relu)(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]))
y = layers.Lambda(lambda t: t * 2.0)(tf.math.square(y))
z = tf.concat([y, tf.nn.tanh(y), tf.abs(y)], axis=-1)
z = tf.reshape(tf.reduce_mean(z, axis=[1, 2]), (-1, 12))
model = keras.Model(x, layers.Dense(2, activation=keras.ops.softmax)(z))
model.compile("adam", "sparse_categorical_crossentropy")
images = np.ones((4, 8, 8, 3), "float32")
model.fit(images, np.arange(4) % 2, verbose=0)
print(model.output_shape, tf.cast([1, 2], tf.float32).numpy(), images[0, ..., tf.newaxis].shape)
"""


def test_names_of_tensorflow_take_symbolic_tensors(tmp_path: Path) -> None:
    done = run_script(tmp_path, SYMBOLIC)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "(None, 2) [1. 2.] (8, 8, 3, 1)\n"


def test_setting_up_the_machine_changes_nothing(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        """
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
        tf.config.run_functions_eagerly(True)
        tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
        try:
            strategy = tf.distribute.TPUStrategy(
                tf.distribute.cluster_resolver.TPUClusterResolver()
            )
        except ValueError:
            strategy = tf.distribute.MirroredStrategy()
        with strategy.scope(), tf.device("/CPU:0"):
            print(strategy.num_replicas_in_sync, tf.executing_eagerly())


        @tf.function
        def double(x):
            return x * 2


        @tf.function(jit_compile=True)
        def triple(x):
            return x * 3


        tf.random.set_seed(1)
        x = tf.random.uniform((2, 3), minval=0, maxval=5, dtype=tf.int32)
        print(double(x).shape, triple(tf.random.normal([4])).dtype, x.dtype)
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["1 True", "(2, 3) float32 int32"]


def test_a_loss_of_tensorflow_names_trains(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        """
        import numpy as np
        import tensorflow as tf
        from tensorflow.keras import backend as K

        def loss(y_true, y_pred):
            y_pred = tf.convert_to_tensor(y_pred)
            y_true = tf.cast(y_true, y_pred.dtype)
            near = K.sum(K.l2_normalize(y_true, axis=-1) * K.l2_normalize(y_pred, axis=-1), axis=-1)
            return 1.0 - near + tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)

        model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
        model.compile("sgd", loss=loss)
        x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
        losses = model.fit(x, x[:, :2], epochs=5, verbose=0).history["loss"]
        assert losses[-1] < losses[0]
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")
