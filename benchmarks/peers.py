"""Compare Scallion's speed with other libraries: paired, alternating, with the machine's limit.

    python benchmarks/peers.py --networks lesson --rounds 15
    python benchmarks/peers.py --predict --peers-python /tmp/peers/bin/python

Each library ("peer") runs in its own process. In every round each trains once for about the same
time, one after the other, in rotating order, and the limit is measured in between. The ratio of
images per second is taken within a round; the median of these ratios is reported. A round whose
limit is below 90 % of the best one was disturbed and does not count.

All train on real images, since the time of a step depends on what the network has learned
(`real_images.py`). Each round uses the same images.

PyTorch is measured twice: with glibc's default allocator (`torch-default`), and with settings that
keep it from returning memory at each step (`torch`). Claims are made against the latter. OpenVINO
is measured twice too: in float32 like the others (`openvino`), and by default (`openvino-
default`), which is bfloat16 where the CPU supports it: 8 instead of 24 bits of precision, up to
twice the multiply-adds. Claims are made in float32. TensorFlow, ONNX Runtime and OpenVINO (the
latter two only predict) may be installed in a separate environment: `pip install keras tensorflow-
cpu onnx onnxruntime openvino`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import IO, Any

import numpy as np

from networks import NETWORKS
from real_images import real_images

HERE = Path(__file__).parent
QUIET = 0.9  # share of the best limit from which a round counts
WARM_UP = 3  # times each peer trains before it is measured
TUNED_ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "268435456",
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
    "MALLOC_TOP_PAD_": "268435456",
}
PEERS = ("scallion", "torch", "torch-compiled", "torch-default", "keras-tensorflow", "keras-torch")
PREDICTING = ("scallion", "onnxruntime", "openvino", "openvino-default", "torch")
ELSEWHERE = frozenset({"keras-tensorflow", "onnxruntime", "openvino", "openvino-default"})
TUNED = frozenset({"torch", "torch-compiled"})


@dataclass
class Worker:
    """The process of a peer, which trains on request."""

    name: str
    process: subprocess.Popen[str]
    messages: IO[str]  # what the process writes to standard error
    about: dict[str, Any]
    images: int = 1
    speeds: list[float] = field(default_factory=list)

    def ask(self) -> dict[str, Any]:
        """Train once. Raises RuntimeError if the process has ended."""
        pipe = self.process.stdin
        if pipe is None:
            raise RuntimeError(f"{self.name} has no input")
        pipe.write(json.dumps({"images": self.images}) + "\n")
        pipe.flush()
        return answer(self.process, self.name, self.messages)

    def speed(self) -> float:
        """Return the images per second of one training request."""
        trained = self.ask()
        return trained["images"] / trained["seconds"]

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(timeout=60)
        self.messages.close()


def answer(process: subprocess.Popen[str], name: str, messages: IO[str]) -> dict[str, Any]:
    """Return the next line of a peer. Raises RuntimeError with its messages if it has ended."""
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        code = process.wait()
        messages.seek(0)
        raise RuntimeError(f"{name} ended with code {code}:\n{messages.read()}")
    return json.loads(line)


def start(name: str, network: str, images: Path, options: argparse.Namespace) -> Worker:
    python = options.peers_python if name in ELSEWHERE else sys.executable
    threads = str(options.threads)
    environment = os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    if name in TUNED:
        environment |= TUNED_ALLOCATOR
    messages = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- closed with the worker
    process = subprocess.Popen(
        [
            python,
            str(HERE / "worker.py"),
            name,
            network,
            threads,
            "predict" if options.predict else "train",
            str(batch_of(network, options)),
            str(images),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=messages,
        text=True,
        env=environment,
    )
    return Worker(name, process, messages, answer(process, name, messages))


def batch_of(network: str, options: argparse.Namespace) -> int:
    return options.batch or (128 if options.predict else NETWORKS[network].batch)


def measure(network: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure all peers on one network: images per second and ratios to Scallion."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npz"
        images, labels = real_images(NETWORKS[network].shape, options.images)
        np.savez(path, images=images, labels=labels)
        return measured(network, path, options)


def measured(network: str, images: Path, options: argparse.Namespace) -> dict[str, Any]:
    workers = [start(name, network, images, options) for name in options.peers]
    for worker in [worker for worker in workers if "missing" in worker.about]:
        print(f"{network}: without {worker.name}: {worker.about['missing']}", flush=True)
        workers.remove(worker)
        worker.close()
    limit = start("peak", network, images, options)
    try:
        for worker in workers:
            calibrate(worker, batch_of(network, options), options.seconds)
        peaks = [round_of(workers, limit, turn) for turn in range(options.rounds)]
    finally:
        for worker in [*workers, limit]:
            worker.close()
    return summary(network, batch_of(network, options), workers, peaks)


def calibrate(worker: Worker, batch: int, seconds: float) -> None:
    """Warm up, then set how many whole batches fill one measurement."""
    worker.images = 2 * batch
    speeds = [worker.speed() for _ in range(WARM_UP)]
    worker.images = max(1, int(seconds * speeds[-1] / batch)) * batch


def round_of(workers: list[Worker], limit: Worker, turn: int) -> float:
    """Measure every peer once, in rotating order, and return the lowest limit in between."""
    first = turn % len(workers)
    peaks = [limit.ask()["loss"]]
    for worker in workers[first:] + workers[:first]:
        worker.speeds.append(worker.speed())
        peaks.append(limit.ask()["loss"])
    return min(peaks)


def summary(network: str, batch: int, workers: list[Worker], peaks: list[float]) -> dict[str, Any]:
    quiet = [turn for turn, peak in enumerate(peaks) if peak >= QUIET * max(peaks)]
    own = next((worker for worker in workers if worker.name == "scallion"), None)
    rows: dict[str, Any] = {}
    for worker in workers:
        speeds = [worker.speeds[turn] for turn in quiet]
        row = {**worker.about, "images_per_second": round(median(speeds), 1)}
        if own is not None:
            ratios = sorted(own.speeds[turn] / worker.speeds[turn] for turn in quiet)
            row["scallion_is_times_as_fast"] = round(median(ratios), 3)
            row["lowest_and_highest_ratio"] = [round(ratios[0], 3), round(ratios[-1], 3)]
        rows[worker.name] = row
    return {
        "network": network,
        "batch": batch,
        "rounds": len(peaks),
        "rounds_that_count": len(quiet),
        "limit_gflops": round(max(peaks), 1),
        "peers": rows,
    }


def machine(options: argparse.Namespace) -> dict[str, Any]:
    """What the numbers depend on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    fields = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    named = {key.strip(): value.strip() for key, value in fields.items()}
    return {
        "cpu": named.get("model name", platform.processor()),
        "cpu_family_model": [named.get("cpu family"), named.get("model")],
        "cores": os.cpu_count(),
        "threads": options.threads,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "date": time.strftime("%Y-%m-%d"),
        "commit": git("rev-parse", "--short", "HEAD") + ("+" if git("diff", "HEAD") else ""),
    }


def git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=HERE, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def draw(results: list[dict[str, Any]], path: Path, predicts: bool) -> None:
    """Draw bars of images per second, one panel per network."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(
        len(results), 1, figsize=(8, 0.8 + 2.1 * len(results)), squeeze=False, layout="constrained"
    )
    for axis, result in zip(axes[:, 0], results, strict=True):
        names = list(result["peers"])
        speeds = [result["peers"][name]["images_per_second"] for name in names]
        colors = ["#2a7f4f" if name == "scallion" else "#9aa5b1" for name in names]
        bars = axis.barh(names, speeds, color=colors)
        axis.bar_label(bars, [f"{speed:,.0f}" for speed in speeds], padding=4)
        axis.invert_yaxis()
        axis.set_xlim(0, 1.15 * max(speeds))
        axis.set_title(f"{result['network']}, batch {result['batch']}", loc="left")
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1, 0].set_xlabel(
        f"images per second, {'predicting' if predicts else 'training'}; longer is faster"
    )
    figure.savefig(path, dpi=150)
    plt.close(figure)


def show(result: dict[str, Any]) -> None:
    print(
        f"{result['network']}, batch {result['batch']}: limit {result['limit_gflops']} GFLOP/s, "
        f"{result['rounds_that_count']} of {result['rounds']} rounds count"
    )
    for name, row in result["peers"].items():
        ratio = row.get("scallion_is_times_as_fast", "")
        span = "{} to {}".format(*row.get("lowest_and_highest_ratio", ("", "")))
        print(f"  {name:18}{row['images_per_second']:>10,.0f} images/s   x {ratio}  ({span})")
    sys.stdout.flush()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS)
    parser.add_argument("--peers", nargs="+", choices=sorted({*PEERS, *PREDICTING}))
    parser.add_argument("--predict", action="store_true", help="predict instead of training")
    parser.add_argument("--batch", type=int, help="batch size instead of the network's own, or 128")
    parser.add_argument("--name", help="name of the result files")
    parser.add_argument(
        "--images",
        type=Path,
        help=".npz with x_train and y_train, instead of enlarged Fashion-MNIST",
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.0, help="duration of one measurement")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument(
        "--peers-python",
        default=os.environ.get("SCALLION_BENCH_PYTHON", sys.executable),
        help="an interpreter that has TensorFlow, ONNX Runtime and OpenVINO",
    )
    parser.add_argument("--smoke", action="store_true", help="a tiny run, to see that it works")
    options = parser.parse_args()
    if options.smoke:
        options.networks = options.networks or ["lesson", "resnet20"]
        options.rounds, options.seconds = 2, 0.01
        options.out = options.out / "smoke"
    options.networks = options.networks or list(NETWORKS)
    options.peers = options.peers or list(PREDICTING if options.predict else PEERS)
    options.name = options.name or ("predicting" if options.predict else "peers")
    return options


def main() -> None:
    options = parsed()
    about = machine(options)
    results: list[dict[str, Any]] = []
    options.out.mkdir(parents=True, exist_ok=True)
    for network in options.networks:
        results.append(measure(network, options))
        show(results[-1])
        report = {"machine": about, "results": results}
        (options.out / f"{options.name}.json").write_text(json.dumps(report, indent=2) + "\n")
    draw(results, options.out / f"{options.name}.png", options.predict)


if __name__ == "__main__":
    main()
