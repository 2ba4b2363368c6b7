"""One peer in a process of its own: builds one network, then trains on request.

Speaks JSON lines with peers.py. First it says what it is: `{"versions": ..., "parameters": ...}`,
or `{"missing": why}`. Then for each `{"images": n}` that it reads it trains at most n images in
batches and answers `{"images": n, "seconds": s, "loss": l}`. In between it waits and uses no CPU.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from networks import NETWORKS, Network

POOL = 128 << 20  # bytes of images to train on


@dataclass(frozen=True)
class Peer:
    """A network that is ready: `train` goes through images [0, n) once and returns the loss."""

    versions: dict[str, str]
    parameters: int
    available: int
    train: Callable[[int], float]


def images_for(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Random images in [0, 1) and labels: time does not depend on what is on them."""
    random = np.random.default_rng(0)
    count = POOL // (4 * prod(network.shape)) // network.batch * network.batch
    images = random.random((count, *network.shape), dtype=np.float32)
    return images, random.integers(0, 10, count)


def speaks_keras(name: str, keras: Any, versions: dict[str, str]) -> Peer:
    """The peer behind `compile` and `fit`, as a user calls them."""
    network = NETWORKS[name]
    images, labels = images_for(network)
    model = network.build(keras, network.shape)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def train(count: int) -> float:
        history = model.fit(
            images[:count], labels[:count], batch_size=network.batch, epochs=1, verbose=0
        )
        return float(history.history["loss"][-1])

    return Peer(versions, model.count_params(), len(images), train)


def scallion_peer(name: str, threads: int) -> Peer:
    import scallion
    from scallion.engine import _native

    scallion.set_threads(threads)
    versions = {"scallion": scallion.__version__, "instruction set": _native.instruction_set()}
    return speaks_keras(name, scallion, versions)


def keras_peer(backend: str, name: str, threads: int) -> Peer:
    os.environ["KERAS_BACKEND"] = backend
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    library = __import__(backend)
    if backend == "tensorflow":
        library.config.threading.set_intra_op_parallelism_threads(threads)
    else:
        library.set_num_threads(threads)
    import keras

    return speaks_keras(name, keras, {"keras": keras.__version__, backend: library.__version__})


def torch_peer(name: str, threads: int) -> Peer:
    """PyTorch as its own documentation advises for CPUs: channels-last, fused Adam, plain loop."""
    import torch

    from torch_networks import BUILDERS

    torch.set_num_threads(threads)
    network = NETWORKS[name]
    arrays = images_for(network)
    images = torch.from_numpy(np.ascontiguousarray(arrays[0].transpose(0, 3, 1, 2)))
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(arrays[1])
    model = BUILDERS[name]().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, fused=True)

    def train(count: int) -> float:
        loss = torch.zeros(())
        for start in range(0, count, network.batch):
            optimizer.zero_grad(set_to_none=True)
            stop = min(start + network.batch, count)
            outputs = model(images[start:stop])
            loss = torch.nn.functional.cross_entropy(outputs, labels[start:stop])
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Peer({"torch": torch.__version__}, parameters, len(images), train)


def peak_peer(_: str, threads: int) -> Peer:
    """The machine's limit: GFLOP of fused multiply-adds in registers; `loss` is GFLOP/s."""
    from scallion.engine import _native

    seconds = 0.3
    return Peer({}, 0, 1, lambda _: _native.measure_peak(threads, seconds))


PEERS: dict[str, Callable[[str, int], Peer]] = {
    "scallion": scallion_peer,
    "torch": torch_peer,
    "torch-default": torch_peer,
    "keras-tensorflow": lambda name, threads: keras_peer("tensorflow", name, threads),
    "keras-torch": lambda name, threads: keras_peer("torch", name, threads),
    "peak": peak_peer,
}


def main() -> None:
    peer_name, network, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    try:
        peer = PEERS[peer_name](network, threads)
    except (ImportError, NotImplementedError, AttributeError) as error:
        say({"missing": f"{type(error).__name__}: {error}".splitlines()[0]})
        return
    say({"versions": peer.versions, "parameters": peer.parameters})
    for line in sys.stdin:
        count = min(json.loads(line)["images"], peer.available)
        started = time.perf_counter()
        loss = peer.train(count)
        say({"seconds": time.perf_counter() - started, "images": count, "loss": loss})


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
