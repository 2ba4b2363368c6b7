"""Run one peer in its own process: build one network, then train or predict on request.

    python benchmarks/worker.py PEER NETWORK THREADS train|predict BATCH IMAGES

IMAGES is a file that peers.py writes: images and labels as NumPy saves them.

The protocol with peers.py is JSON lines. First the worker writes `{"versions": ..., "parameters":
...}` or `{"missing": reason}`. For each `{"images": n}` that it reads, it trains on at most n
images in batches and writes `{"images": n, "seconds": s, "loss": l}`. In between it waits and uses
no CPU. One thread is timed in CPU seconds, so that other programs matter little.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from networks import NETWORKS, Network


@dataclass(frozen=True)
class Peer:
    """A network that is ready: `train` processes images [0, n) once, in training or prediction, and
    returns the loss or 0."""

    versions: dict[str, str]
    parameters: int
    available: int
    train: Callable[[int], float]


@dataclass(frozen=True)
class Task:
    """A request to a peer: which network, and whether to train or predict."""

    name: str
    threads: int
    predicts: bool
    batch: int
    images: str

    @property
    def network(self) -> Network:
        return NETWORKS[self.name]


def images_for(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return as many images as fill whole batches, and their labels."""
    with np.load(task.images) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    count = len(images) // task.batch * task.batch
    return images[:count], labels[:count]


def speaks_keras(task: Task, keras: Any, versions: dict[str, str]) -> Peer:
    """Return a peer that calls `compile` and `fit`, or `predict`, as a user does."""
    network = task.network
    images, labels = images_for(task)
    model = network.build(keras, network.shape)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def train(count: int) -> float:
        history = model.fit(
            images[:count], labels[:count], batch_size=task.batch, epochs=1, verbose=0
        )
        return float(history.history["loss"][-1])

    def predict(count: int) -> float:
        model.predict(images[:count], batch_size=task.batch, verbose=0)
        return 0.0

    once = predict if task.predicts else train
    return Peer(versions, model.count_params(), len(images), once)


def scallion_peer(task: Task) -> Peer:
    import scallion
    from scallion.engine import native

    scallion.set_threads(task.threads)
    versions = {"scallion": scallion.__version__, "instruction set": native.instruction_set()}
    return speaks_keras(task, scallion, versions)


def keras_peer(backend: str, task: Task) -> Peer:
    os.environ["KERAS_BACKEND"] = backend
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    library = __import__(backend)
    if backend == "tensorflow":
        library.config.threading.set_intra_op_parallelism_threads(task.threads)
    else:
        library.set_num_threads(task.threads)
    import keras

    return speaks_keras(task, keras, {"keras": keras.__version__, backend: library.__version__})


def torch_peer(task: Task, *, compiled: bool = False) -> Peer:
    """Return PyTorch tuned as its documentation advises: channels-last, fused Adam, plain loop."""
    import torch

    from torch_networks import BUILDERS

    torch.set_num_threads(task.threads)
    arrays = images_for(task)
    images = torch.from_numpy(np.ascontiguousarray(arrays[0].transpose(0, 3, 1, 2)))
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(arrays[1])
    plain = BUILDERS[task.name]().to(memory_format=torch.channels_last)
    model = torch.compile(plain) if compiled else plain
    optimizer = torch.optim.Adam(plain.parameters(), 1e-3, eps=1e-7, fused=True)

    def train(count: int) -> float:
        loss = torch.zeros(())
        for start in range(0, count, task.batch):
            optimizer.zero_grad(set_to_none=True)
            stop = min(start + task.batch, count)
            outputs = model(images[start:stop])
            loss = torch.nn.functional.cross_entropy(outputs, labels[start:stop])
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    def predict(count: int) -> float:
        with torch.inference_mode():
            for start in range(0, count, task.batch):
                model(images[start : start + task.batch])
        return 0.0

    if task.predicts:
        model.eval()
    parameters = sum(parameter.numel() for parameter in plain.parameters())
    once = predict if task.predicts else train
    return Peer({"torch": torch.__version__}, parameters, len(images), once)


def exported(task: Task) -> tuple[bytes, np.ndarray]:
    """Return the network as ONNX, and the images in its layout."""
    if not task.predicts:
        raise NotImplementedError("it only predicts")
    from onnx_networks import speaks_keras as onnx

    images = images_for(task)[0]
    model = task.network.build(onnx, task.network.shape)
    return model, np.ascontiguousarray(images.transpose(0, 3, 1, 2))


def onnxruntime_peer(task: Task) -> Peer:
    import onnxruntime

    model, images = exported(task)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def predict(count: int) -> float:
        for start in range(0, count, task.batch):
            session.run(None, {"image": images[start : start + task.batch]})
        return 0.0

    return Peer({"onnxruntime": onnxruntime.__version__}, 0, len(images), predict)


def openvino_peer(task: Task, *, precision: str | None = None) -> Peer:
    """Return OpenVINO in the given precision, or in its default, which may be bfloat16."""
    import openvino

    model, images = exported(task)
    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": task.threads, "PERFORMANCE_HINT": "LATENCY"}
    if precision is not None:
        settings["INFERENCE_PRECISION_HINT"] = precision
    network = core.read_model(model)
    network.reshape([task.batch, *images.shape[1:]])
    request = core.compile_model(network, "CPU", settings).create_infer_request()

    def predict(count: int) -> float:
        for start in range(0, count // task.batch * task.batch, task.batch):
            request.infer([images[start : start + task.batch]])
        return 0.0

    return Peer({"openvino": openvino.__version__}, 0, len(images), predict)


def peak_peer(task: Task) -> Peer:
    """Return the machine's limit, fused multiply-adds in registers; its `loss` is GFLOP/s."""
    from scallion.engine import native

    def measure(_: int) -> float:
        wall, ran = time.perf_counter(), time.process_time()
        peak = native.measure_peak(task.threads, 0.1)
        waits = (time.perf_counter() - wall) / max(time.process_time() - ran, 1e-9)
        return peak * max(1.0, waits) if task.threads == 1 else peak

    return Peer({}, 0, 1, measure)


PEERS: dict[str, Callable[[Task], Peer]] = {
    "scallion": scallion_peer,
    "torch": torch_peer,
    "torch-compiled": lambda task: torch_peer(task, compiled=True),
    "torch-default": torch_peer,
    "keras-tensorflow": lambda task: keras_peer("tensorflow", task),
    "keras-torch": lambda task: keras_peer("torch", task),
    "onnxruntime": onnxruntime_peer,
    "openvino": lambda task: openvino_peer(task, precision="f32"),
    "openvino-default": openvino_peer,
    "peak": peak_peer,
}


def main() -> None:
    peer_name, network, threads, mode, batch, images = sys.argv[1:]
    task = Task(network, int(threads), mode == "predict", int(batch), images)
    try:
        peer = PEERS[peer_name](task)
    except (ImportError, NotImplementedError) as error:
        say({"missing": f"{type(error).__name__}: {error}".splitlines()[0]})
        return
    say({"versions": peer.versions, "parameters": peer.parameters})
    clock = time.process_time if int(threads) == 1 else time.perf_counter
    for line in sys.stdin:
        count = min(json.loads(line)["images"], peer.available)
        started = clock()
        loss = peer.train(count)
        say({"seconds": clock() - started, "images": count, "loss": loss})


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
