"""CIFAR archives with random content, and a local server."""

import pytest

from generated_cifar import GeneratedCifar
from loopback_server import Loopback
from scallion.datasets import cifar10, cifar100
from scallion.datasets.downloading.download import RetryPolicy


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """Isolate tests from the caches, proxies and URLs of whoever runs them."""
    monkeypatch.setenv("SCALLION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SCALLION_CIFAR10_URL", "SCALLION_CIFAR100_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "*")
    for module in (cifar10, cifar100):
        monkeypatch.setattr(module, "RETRY", RetryPolicy(timeout=5.0, pause=0.01))


def installed(made, monkeypatch):
    made.pack()
    monkeypatch.setattr(made.module, "SOURCE", made.source())
    return made


@pytest.fixture
def made10(monkeypatch):
    return installed(GeneratedCifar(cifar10, {"labels": 10}), monkeypatch)


@pytest.fixture
def made100(monkeypatch):
    classes = {"fine_labels": 100, "coarse_labels": 20}
    return installed(GeneratedCifar(cifar100, classes), monkeypatch)


@pytest.fixture
def server():
    loopback = Loopback()
    yield loopback
    loopback.close()
