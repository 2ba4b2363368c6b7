"""`keras` and `tensorflow` as modules: every attribute is looked up in Scallion.

The modules are wrappers rather than Scallion's own under a second name: they have a version as
scripts expect it, and what is not there is named as the script names it.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from scallion.compat import suggestions
from scallion.errors import MissingModuleError, UnknownAttributeError, UnsupportedError

KERAS_VERSION = "3.15.0"  # whose words and meanings these are

# Names in Keras' namespaces that live elsewhere in Scallion, or are a script's to ask for.
_PICTURES = ("array_to_img", "img_to_array", "load_img", "save_img")
_KERAS: Mapping[str, Mapping[str, str]] = {
    "keras.preprocessing": {"image_dataset_from_directory": "scallion.utils"},
    "keras.preprocessing.image": dict.fromkeys(_PICTURES, "scallion.utils"),
}


class ModuleAlias(ModuleType):
    """A module that hands on what another one has."""

    def __init__(self, name: str, target: ModuleType | None, own: Mapping[str, Any]) -> None:
        super().__init__(name, target.__doc__ if target is not None else None)
        self.__path__: list[str] = []
        self.__dict__.update(own)
        self._target = target

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_target":
            raise AttributeError(name)
        home = _KERAS.get(_keras_name(self.__name__), {}).get(name)
        try:
            value = getattr(import_module(home) if home else self._target, name)
        except UnsupportedError as error:
            raise self._unknown(name, error.hint) from None
        except AttributeError:
            if _module_behind(f"{self.__name__}.{name}") is None:
                raise self._unknown(name) from None
            return import_module(f"{self.__name__}.{name}")
        if isinstance(value, ModuleType) and value.__name__.startswith("scallion."):
            return import_module(f"{self.__name__}.{name}")
        return value

    def _unknown(self, name: str, hint: str | None = None) -> UnknownAttributeError:
        return UnknownAttributeError(
            f"{self.__name__}.{name} is not there in Scallion", hint=hint or suggestions.on(name)
        )

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._target), *(n for n in self.__dict__ if not n.startswith("_"))})


class _AliasLoader(Loader):
    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Everything is there already."""


class _AliasFinder(MetaPathFinder):
    """Finds `keras`, `tensorflow` and all below them, before any installed package."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in ("keras", "tensorflow"):
            return None
        module = _module_behind(fullname)
        if module is None:
            raise MissingModuleError(f"{fullname} is not there in Scallion", hint=_hint(fullname))
        return ModuleSpec(fullname, _AliasLoader(module), is_package=True)


_FINDER = _AliasFinder()


def install() -> None:
    """Make `import keras` and `import tensorflow` mean Scallion, in this process, from now on.

    A module that has been imported under these names before is forgotten.
    """
    uninstall()
    sys.meta_path.insert(0, _FINDER)


def uninstall() -> None:
    """Make the names mean again what is installed."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
    for name in [n for n in sys.modules if n.partition(".")[0] in ("keras", "tensorflow")]:
        del sys.modules[name]


def _module_behind(name: str) -> ModuleType | None:
    """The wrapper for a dotted name, or None where Scallion has nothing behind it."""
    keras_name = _keras_name(name)
    if keras_name == "keras":
        import scallion

        return ModuleAlias(
            name, scallion, {"__version__": KERAS_VERSION, "version": _keras_version}
        )
    if keras_name:
        if keras_name in _KERAS:
            return ModuleAlias(name, _home(keras_name), {})
        home = _home(keras_name)
        return None if home is None else ModuleAlias(name, home, {})
    from scallion.compat import tensorflow_names

    names = tensorflow_names.names(name)
    return None if names is None else ModuleAlias(name, None, names)


def _hint(name: str) -> str | None:
    """What helps: `from keras.layers import LSTM` looks for a module of that name at last."""
    parent, _, last = name.rpartition(".")
    try:
        getattr(_home(_keras_name(parent)), last)
    except UnsupportedError as error:
        return error.hint
    except AttributeError:
        pass
    return suggestions.on(name)


def _keras_name(name: str) -> str:
    """The name as it is below `keras`, or nothing: `tensorflow.keras.layers`, `keras.layers`."""
    below = name.removeprefix("tensorflow.")
    return below if below.partition(".")[0] == "keras" else ""


def _home(keras_name: str) -> ModuleType | None:
    """Scallion's module of the same name: a public namespace, or a module inside one."""
    dotted = f"scallion.{keras_name.removeprefix('keras.')}"
    namespace = dotted.split(".")[1]
    import scallion

    if namespace not in scallion.NAMESPACES or find_spec(f"scallion.{namespace}") is None:
        return None
    try:
        return import_module(dotted)
    except ModuleNotFoundError:
        return None


def _keras_version() -> str:
    return KERAS_VERSION
