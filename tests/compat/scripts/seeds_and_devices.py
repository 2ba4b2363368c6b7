# The usual header of notebooks: seeds, devices, memory growth, log levels, versions.
import os
import random

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

SEED = 42
random.seed(SEED)
os.environ["PYTHONHASHSEED"] = str(SEED)
np.random.seed(SEED)
tf.random.set_seed(SEED)
tf.keras.utils.set_random_seed(SEED)
tf.config.experimental.enable_op_determinism()
gpus = tf.config.list_physical_devices("GPU")
print("Num GPUs Available: ", len(gpus))
for gpu in gpus:
    tf.config.experimental.set_memory_growth(gpu, True)
print(tf.test.is_built_with_cuda(), tf.executing_eagerly(), tf.keras.__version__[0])
tf.get_logger().setLevel("ERROR")
tf.autograph.set_verbosity(0)
tf.config.run_functions_eagerly(False)


def run():
    tf.keras.utils.set_random_seed(1)
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input(shape=(6, 6, 1)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(2),
        ]
    )
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = np.random.rand(32, 6, 6, 1), np.random.randint(0, 2, 32)
    return model.fit(x, y, epochs=2, verbose=0).history["loss"]


with tf.device("/CPU:0"):
    same = run() == run()
print(same)
strategy_free = tf.constant([[1.0, 2.0], [3.0, 4.0]])
print(strategy_free.shape, strategy_free.numpy().sum())
