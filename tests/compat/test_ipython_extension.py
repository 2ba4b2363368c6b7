"""`%load_ext scallion`."""

import subprocess
import sys


def test_the_extension_installs_and_removes_the_aliases() -> None:
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
