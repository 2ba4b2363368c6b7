"""`%load_ext scallion`: from there on a notebook's `import keras` gets Scallion."""

from typing import Any

from scallion.compat import module_aliases


def load_ipython_extension(shell: Any) -> None:  # noqa: ARG001 (IPython hands it over)
    """Called by IPython: `keras` and `tensorflow` are names for Scallion from now on."""
    module_aliases.install()


def unload_ipython_extension(shell: Any) -> None:  # noqa: ARG001 (IPython hands it over)
    """Called by IPython: the names mean again what is installed."""
    module_aliases.uninstall()
