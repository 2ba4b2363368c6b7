"""The IPython extension: after `%load_ext scallion`, `import keras` imports Scallion."""

from typing import Any

from scallion.compat import module_aliases


def load_ipython_extension(shell: Any) -> None:  # noqa: ARG001 (IPython passes it)
    """Install the aliases `keras` and `tensorflow`; IPython calls this."""
    module_aliases.install()


def unload_ipython_extension(shell: Any) -> None:  # noqa: ARG001 (IPython passes it)
    """Remove the aliases; IPython calls this."""
    module_aliases.uninstall()
