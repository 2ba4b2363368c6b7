"""The build backend chooses a compiler: the machine's, zig from PyPI, or none."""

import importlib.util
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[1] / "build_backend/scallion_build.py"
HOOKS = (
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable",
    "get_requires_for_build_sdist", "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable", "prepare_metadata_for_build_wheel",
)  # fmt: skip


class Backend:
    """The module with scikit-build-core replaced: `builds` are the settings of each build."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.builds: list[dict[str, str]] = []
        self.failures = 0
        package, build = types.ModuleType("scikit_build_core"), types.ModuleType("build")
        for hook in HOOKS:
            setattr(build, hook, lambda *_: ["ninja"])
        build.build_wheel = self.build
        package.build = build
        monkeypatch.setitem(sys.modules, "scikit_build_core", package)
        monkeypatch.setitem(sys.modules, "scikit_build_core.build", build)
        spec = importlib.util.spec_from_file_location("scallion_build", SOURCE)
        self.module: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        monkeypatch.setattr(self.module, "_index_has_zig", lambda: True)
        monkeypatch.setattr(self.module, "_target", lambda: "x86_64-linux-gnu.2.17")

    def build(self, folder: str, settings: dict[str, str], metadata: str | None) -> str:
        self.builds.append(settings)
        assert settings.get("wheel.cmake") != "false" or metadata is None
        if len(self.builds) <= self.failures:
            raise SystemExit(1)
        return "scallion.whl"


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Backend:
    for name in ("CXX", "SCALLION_BUILD"):
        monkeypatch.delenv(name, raising=False)
    return Backend(monkeypatch)


def test_with_a_compiler_nothing_more_is_fetched(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend.module, "_compiles", lambda _: True)
    monkeypatch.setenv("CXX", "g++")
    assert backend.module.get_requires_for_build_wheel() == ["ninja"]


@pytest.mark.parametrize("compiler", ["no-such-compiler", "false", "'"])
def test_a_compiler_that_fails_counts_as_none(
    compiler: str, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", compiler)
    wanted = ["ninja", backend.module.ZIG]
    assert backend.module.get_requires_for_build_wheel()[:2] == wanted
    assert backend.module.get_requires_for_build_editable()[:2] == wanted


def test_zig_is_not_required_where_pip_does_not_find_it(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setattr(backend.module, "_index_has_zig", lambda: False)
    assert backend.module.get_requires_for_build_wheel() == ["ninja"]


def test_a_wheel_without_a_compiled_engine_can_be_requested(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCALLION_BUILD", "reference")
    assert backend.module.get_requires_for_build_wheel() == ["ninja"]
    backend.module.build_wheel("dist", None, "metadata")
    assert backend.builds == [{"wheel.cmake": "false"}]


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_build_that_fails_is_tried_with_zig_and_then_without(
    failures: int, backend: Backend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ziglang").mkdir()
    (tmp_path / "ziglang/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(backend.module, "_compiles", lambda command: command == "clang++")
    monkeypatch.setattr(backend.module, "_candidates", lambda: ["c++", "clang++"])
    backend.failures = failures
    before = dict(os.environ)
    assert (
        backend.module.build_wheel("dist", {"build.verbose": "true"}, "metadata") == "scallion.whl"
    )
    compilers = [
        build.get("cmake.define.CMAKE_CXX_COMPILER", build.get("wheel.cmake"))
        for build in backend.builds
    ]
    zig = f"{(tmp_path / 'ziglang/zig').as_posix()};c++"
    assert compilers == ["clang++", zig, "false"][: failures + 1]
    assert all(build["build.verbose"] == "true" for build in backend.builds)
    assert dict(os.environ) == before
