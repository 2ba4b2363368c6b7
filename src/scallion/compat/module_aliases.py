"""`keras` and `tensorflow` as modules whose attributes are looked up in Scallion.

The modules are wrappers, not Scallion's own modules under a second name: they have the version that
scripts expect, and error messages use the script's names.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import scallion
from scallion.compat import suggestions
from scallion.errors import MissingModuleError, UnknownAttributeError, UnsupportedError

KERAS_VERSION = "3.15.0"
"""The version of Keras whose names and behaviour are provided."""

# Names that Keras has in other namespaces than Scallion.
_IMAGE_FUNCTIONS = ("array_to_img", "img_to_array", "load_img", "save_img")
_IMAGE_GENERATORS = (
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
)
_MOVED_NAMES: Mapping[str, Mapping[str, str]] = {
    "keras.preprocessing": {"image_dataset_from_directory": "scallion.utils"},
    "keras.preprocessing.image": {
        **dict.fromkeys(_IMAGE_FUNCTIONS, "scallion.utils"),
        **dict.fromkeys(_IMAGE_GENERATORS, "scallion.compat.image_generators"),
    },
}

# Names of older versions of Keras, which newer ones have only for TensorFlow, or no longer.
_OLDER_NAMES: Mapping[str, str] = {"keras.backend": "scallion.compat.backend_functions"}

# Modules of older versions of Keras, whose names are elsewhere today.
_OLDER_MODULES: Mapping[str, str] = {
    "keras.callbacks.callbacks": "keras.callbacks",
    "keras.layers.advanced_activations": "keras.layers",
    "keras.layers.convolutional": "keras.layers",
    "keras.layers.core": "keras.layers",
    "keras.layers.experimental": "keras.layers",
    "keras.layers.experimental.preprocessing": "keras.layers",
    "keras.layers.merge": "keras.layers",
    "keras.layers.normalization": "keras.layers",
    "keras.layers.noise": "keras.layers",
    "keras.layers.pooling": "keras.layers",
    "keras.layers.preprocessing": "keras.layers",
    "keras.optimizers.experimental": "keras.optimizers",
    "keras.optimizers.legacy": "keras.optimizers",
    "keras.utils.np_utils": "keras.utils",
    "keras.utils.vis_utils": "keras.utils",
}


class ModuleAlias(ModuleType):
    """A module that returns the attributes of another one."""

    def __init__(self, name: str, target: ModuleType | None, own: Mapping[str, Any]) -> None:
        super().__init__(name, target.__doc__ if target is not None else None)
        self.__path__: list[str] = []
        self.__dict__.update(own)
        self._target = target

    def __getattr__(self, name: str) -> Any:
        if name == "__all__" and self._target is not None:
            return getattr(self._target, "__all__", dir(self))
        if name.startswith("__") or name == "_target":
            raise AttributeError(name)
        try:
            value = self._find(name)
        except UnsupportedError as error:
            raise self._unknown(name, error.hint) from None
        except AttributeError:
            if _find_alias(f"{self.__name__}.{name}") is None:
                raise self._unknown(name) from None
            return import_module(f"{self.__name__}.{name}")
        if isinstance(value, ModuleType) and value.__name__.startswith("scallion."):
            return import_module(f"{self.__name__}.{name}")
        return value

    def _find(self, name: str) -> Any:
        """Return an attribute. Raises AttributeError, UnsupportedError."""
        module = _keras_name(self.__name__)
        home = _MOVED_NAMES.get(module, {}).get(name)
        try:
            return getattr(import_module(home) if home else self._target, name)
        except AttributeError:
            if module not in _OLDER_NAMES:
                raise
            return getattr(import_module(_OLDER_NAMES[module]), name)

    def _unknown(self, name: str, hint: str | None = None) -> UnknownAttributeError:
        message, found = suggestions.explain(f"{self.__name__}.{name}", dir(self), hint)
        return UnknownAttributeError(message, hint=found)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._target), *(n for n in self.__dict__ if not n.startswith("_"))})


class _AliasLoader(Loader):
    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module."""
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the module is complete."""


class _AliasFinder(MetaPathFinder):
    """Find `keras`, `tensorflow` and their submodules, before installed packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of an alias. Raises MissingModuleError for a submodule without one."""
        if fullname.partition(".")[0] not in ("keras", "tensorflow"):
            return None
        module = _find_alias(fullname)
        if module is None:
            parent = _find_alias(fullname.rpartition(".")[0])
            message, hint = suggestions.explain(fullname, dir(parent), _hint(fullname))
            raise MissingModuleError(message, hint=hint)
        return ModuleSpec(fullname, _AliasLoader(module), is_package=True)


_FINDER = _AliasFinder()


def install() -> None:
    """Make `import keras` and `import tensorflow` import Scallion, in this process.

    Modules imported under these names before are removed from `sys.modules`.
    """
    uninstall()
    sys.meta_path.insert(0, _FINDER)


def uninstall() -> None:
    """Make `import keras` and `import tensorflow` import the installed packages again."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
    for name in [n for n in sys.modules if n.partition(".")[0] in ("keras", "tensorflow")]:
        del sys.modules[name]


def _find_alias(name: str) -> ModuleType | None:
    """Return the alias for a dotted name, or None where Scallion has no such module."""
    keras_name = _keras_name(name)
    if keras_name == "keras":
        return ModuleAlias(
            name, scallion, {"__version__": KERAS_VERSION, "version": _keras_version}
        )
    if keras_name:
        if keras_name in _MOVED_NAMES:
            return ModuleAlias(name, _target_module(keras_name), {})
        home = _target_module(keras_name)
        return None if home is None else ModuleAlias(name, home, {})
    if name == "tensorflow.python":
        return ModuleAlias(name, None, {})
    from scallion.compat import tensorflow_names  # here: only scripts for TensorFlow need it

    names = tensorflow_names.attributes_of(name)
    return None if names is None else ModuleAlias(name, None, names)


def _hint(name: str) -> str | None:
    """Return Scallion's hint; `from keras.layers import LSTM` also looks for a module LSTM."""
    parent, _, last = name.rpartition(".")
    try:
        getattr(_target_module(_keras_name(parent)), last)
    except UnsupportedError as error:
        return error.hint
    except AttributeError:
        pass
    return None


def _keras_name(name: str) -> str:
    """Return the name in `keras`, or "": `tensorflow.keras.layers` is `keras.layers`."""
    below = name.removeprefix("tensorflow.").removeprefix("python.")
    below = _OLDER_MODULES.get(below, below)
    return below if below.partition(".")[0] == "keras" else ""


def _target_module(keras_name: str) -> ModuleType | None:
    """Return Scallion's module of the same name: a public namespace, or a module in one."""
    dotted = f"scallion.{keras_name.removeprefix('keras.')}"
    namespace = dotted.split(".")[1]
    if namespace not in scallion.NAMESPACES or find_spec(f"scallion.{namespace}") is None:
        return None
    try:
        return import_module(dotted)
    except ModuleNotFoundError:
        return None


def _keras_version() -> str:
    return KERAS_VERSION
