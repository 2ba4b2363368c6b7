"""The contents of the installed package, and what importing it loads."""

import hashlib
import importlib
import pkgutil
import subprocess
import sys
from importlib import import_module, metadata, resources

import pytest

import scallion
from scallion.errors import ScallionError

# SHA-256 of the original files (Fashion-MNIST) and of the originals zipped again (MNIST).
DATA = {
    "fashion-mnist/train-images-idx3-ubyte.gz": (
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7"
    ),
    "fashion-mnist/train-labels-idx1-ubyte.gz": (
        "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056"
    ),
    "fashion-mnist/t10k-images-idx3-ubyte.gz": (
        "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa"
    ),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": (
        "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05"
    ),
    "mnist/train-images-idx3-ubyte.gz": (
        "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971"
    ),
    "mnist/train-labels-idx1-ubyte.gz": (
        "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203"
    ),
    "mnist/t10k-images-idx3-ubyte.gz": (
        "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be"
    ),
    "mnist/t10k-labels-idx1-ubyte.gz": (
        "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b"
    ),
}

HEAVY = ("matplotlib", "h5py", "typer", "rich", "PIL", "msgspec", "pandas", "keras", "torch")


def loaded(code: str) -> set[str]:
    """Return the top-level modules that are loaded after a line of code in a new interpreter."""
    program = f"{code}; import sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def installed() -> metadata.Distribution:
    """Return pip's record of the package. Skip the test in a source tree, where there is none."""
    try:
        return metadata.distribution("scallion")
    except metadata.PackageNotFoundError:
        pytest.skip("scallion runs from its source tree; there is no installed package")


def test_importing_the_package_loads_nothing_else() -> None:
    bare = loaded("pass")
    assert loaded("import scallion") - bare - set(sys.stdlib_module_names) == {"scallion"}


@pytest.mark.parametrize(
    "name",
    [
        "layers",
        "models",
        "losses",
        "optimizers",
        "metrics",
        "callbacks",
        "datasets",
        "applications",
    ],
)
def test_importing_a_namespace_loads_no_heavy_library(name: str) -> None:
    assert loaded(f"import scallion; scallion.{name}").isdisjoint(HEAVY)


def test_the_version_matches_the_installed_package() -> None:
    assert scallion.__version__ == installed().version


def test_the_package_is_marked_as_typed() -> None:
    assert resources.files("scallion").joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", DATA)
def test_bundled_data_sets_have_the_original_checksums(name: str) -> None:
    file = resources.files("scallion").joinpath("datasets", "data", *name.split("/"))
    assert hashlib.sha256(file.read_bytes()).hexdigest() == DATA[name]


def test_the_wheel_contains_only_package_and_licences() -> None:
    files = [str(file) for file in installed().files or ()]
    homes = {name.split("/")[0] for name in files if not name.startswith("..")}
    assert homes == {"scallion", f"scallion-{scallion.__version__}.dist-info"}
    assert {"LICENSE", "NOTICE"} <= {name.split("/")[-1] for name in files if "licenses/" in name}
    assert [name for name in files if name.endswith((".cpp", ".hpp", ".o"))] == []


def test_the_licence_is_an_spdx_expression() -> None:
    assert installed().metadata["License-Expression"] == "MIT AND CC-BY-SA-3.0 AND Apache-2.0"


def test_the_command_is_an_entry_point() -> None:
    (command,) = installed().entry_points.select(group="console_scripts")
    assert command.name == "scallion"
    assert command.value == "scallion.cli:main"
    assert callable(command.load())


def test_every_public_name_exists() -> None:
    missing = [
        f"{module.__name__}.{name}"
        for module in map(importlib.import_module, _modules())
        for name in getattr(module, "__all__", ())
        if not hasattr(module, name)
    ]
    assert missing == []


def test_public_names_are_sorted() -> None:
    assert list(scallion.__all__) == sorted(scallion.__all__)


def _modules() -> list[str]:
    names = [module.name for module in pkgutil.walk_packages(scallion.__path__, "scallion.")]
    skipped = (".__main__", ".libscallion")  # the compiled library is not a Python module
    return ["scallion", *(name for name in names if not name.endswith(skipped))]


@pytest.mark.parametrize(
    "module",
    [
        "activations", "applications", "backend", "callbacks", "constraints", "datasets",
        "initializers", "layers", "losses", "metrics", "models", "ops", "optimizers",
        "optimizers.schedules", "random", "regularizers", "saving", "utils",
    ],
)  # fmt: skip
def test_an_unknown_name_of_a_namespace_gets_a_hint(module: str) -> None:
    found = import_module(f"scallion.{module}")
    known = next(name for name in found.__all__ if len(name) > 3)
    for name in ("Lamb", "Adafactor"):
        assert not hasattr(found, name)
    for name in (f"{known}x", "Lamb", "Adafactor"):
        with pytest.raises(ScallionError) as caught:
            getattr(found, name)
        assert caught.value.hint
    with pytest.raises(ScallionError, match=f"hint: .*{known}"):
        getattr(found, f"{known}x")
