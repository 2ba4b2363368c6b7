"""Measure how close each network comes to the limit of the machine, and where the time goes.

    python benchmarks/limit.py --networks lesson vgg --threads 1 2
    python benchmarks/limit.py --networks resnet20 --operations

The limit, independent multiply-adds in registers, is measured before and after each burst of
steps. A share is a burst's multiply-adds per second divided by the mean of the two limits. The
table shows the median of the bursts whose limit is at least 90 % of the best. One thread is
measured in CPU time, so that other programs matter little. Multiply-adds are those of the plain
algorithm, so an operation that needs fewer (Winograd, sparse gradients) may exceed the limit.
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from statistics import median

import numpy as np

import scallion
from networks import NETWORKS
from real_images import real_images
from scallion import losses, optimizers
from scallion.engine import IndexedBatch, Objective, native
from scallion.engine.lowering.graph import Mode
from scallion.engine.programs.profiling import profile
from scallion.engine.programs.program import Program
from scallion.graph import Graph

QUIET = 0.9
PEAK_SECONDS = 0.05


@dataclass
class Job:
    """A repeatable piece of work: a training step or a prediction."""

    graph: Graph
    objective: Objective | None
    engine: native.NativeEngine
    mode: Mode
    batch: int
    once: Callable[[], object]

    @property
    def program(self) -> Program:
        return self.engine.program(self.mode, self.batch)

    def macs(self) -> int:
        """Return the multiply-adds per image."""
        return sum(one.macs for segment in self.program.segments for one in segment.instructions)


def jobs(name: str, modes: list[Mode], batch: int | None) -> list[Job]:
    network = NETWORKS[name]
    graph = network.build(scallion, network.shape).graph
    images, labels = real_images(network.shape)
    made: list[Job] = []
    for mode in modes:
        size = batch or (network.batch if mode == "train" else 128)
        if mode == "train":
            loss = losses.SparseCategoricalCrossentropy(from_logits=True)
            objective = Objective((loss,), (1.0,), optimizers.Adam())
            engine = native.NativeEngine(graph, objective)
            once = training(engine, images, labels, size)
            made.append(Job(graph, objective, engine, mode, size, once))
        else:
            engine = native.NativeEngine(graph)
            once = predicting(engine, images, np.arange(size))
            made.append(Job(graph, None, engine, mode, size, once))
    return made


def training(
    engine: native.NativeEngine, images: np.ndarray, labels: np.ndarray, size: int
) -> Callable[[], object]:
    """Return a function that trains one step on the next images.

    A single repeated batch would be memorised, and its gradients would vanish.
    """
    order = np.random.default_rng(0).permutation(len(images))
    batches = cycle(order[at : at + size] for at in range(0, len(order) - size + 1, size))

    def once() -> object:
        chosen = next(batches)
        return engine.train(IndexedBatch((images,), chosen, (labels[chosen],)), seed=0, step=0)

    return once


def predicting(
    engine: native.NativeEngine, images: np.ndarray, indices: np.ndarray
) -> Callable[[], object]:
    return lambda: engine.predict((images,), indices)


def measure(job: Job, threads: int, bursts: int, seconds: float) -> dict[str, float]:
    """Return images/s, GFLOP/s and the share of the limit: medians of the undisturbed bursts."""
    scallion.set_threads(threads)
    job.once()
    rows: list[tuple[float, float]] = []
    clock = time.process_time if threads == 1 else time.perf_counter
    for _ in range(bursts):
        before = limit(threads)
        times = 0
        start = clock()
        while (spent := clock() - start) < seconds:
            job.once()
            times += 1
        after = limit(threads)
        rows.append((times * job.batch / spent, (before + after) / 2))
    best = max(peak for _, peak in rows)
    calm = [row for row in rows if row[1] >= QUIET * best]
    speed = median(speed for speed, _ in calm)
    flops = 2e-9 * job.macs()
    return {
        "images": speed,
        "gflops": speed * flops,
        "share": median(speed * flops / peak for speed, peak in calm),
        "limit": best,
        "calm": len(calm),
    }


def limit(threads: int) -> float:
    """Return the GFLOP/s of multiply-adds in registers, for one thread in CPU time."""
    wall, ran = time.perf_counter(), time.process_time()
    peak = native.measure_peak(threads, PEAK_SECONDS)
    waits = (time.perf_counter() - wall) / (time.process_time() - ran)
    return peak * max(1.0, waits) if threads == 1 else peak


def show_operations(job: Job, rounds: int, by_kind: bool) -> None:
    _, timed = profile(job.graph, job.mode, job.batch, job.objective, rounds)
    total = 1e6 * sum(t.seconds for t in timed) / job.batch
    peak = limit(1)
    print(f"  {job.mode}: {total:.1f} us per image on one thread; limit {peak:.0f} GFLOP/s")
    rows = [
        (t.instruction.layer, t.instruction.kind, 1e6 * t.seconds / job.batch,
         2e-9 * t.instruction.macs * job.batch / t.seconds if t.seconds else 0.0)
        for t in timed
    ]  # fmt: skip
    if by_kind:
        kinds: dict[str, tuple[float, float]] = {}
        for _, kind, spent, speed in rows:
            sums = kinds.get(kind, (0.0, 0.0))
            kinds[kind] = (sums[0] + spent, sums[1] + spent * speed)
        rows = [("", kind, spent, work / spent) for kind, (spent, work) in kinds.items() if spent]
        rows.sort(key=lambda row: -row[2])
    for layer, kind, spent, speed in rows:
        if spent > 0.003 * total:
            gflops = f"{speed:7.1f} GFLOP/s" if speed else ""
            print(f"    {layer:28}{kind:20}{spent:9.2f} us {100 * spent / total:5.1f} % {gflops}")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--modes", nargs="+", default=["train", "predict"])
    parser.add_argument("--threads", nargs="+", type=int, default=[os.cpu_count() or 1])
    parser.add_argument("--batch", type=int, help="batch size instead of the network's own, or 128")
    parser.add_argument("--bursts", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.4, help="of one burst")
    parser.add_argument("--operations", action="store_true", help="show the time of each operation")
    parser.add_argument(
        "--kinds", action="store_true", help="show the time of each kind of operation"
    )
    parser.add_argument("--smoke", action="store_true", help="a tiny run, to see that it works")
    options = parser.parse_args()
    if options.smoke:
        options.networks, options.bursts, options.seconds = ["lesson"], 2, 0.01
    return options


def main() -> None:
    options = parsed()
    print(f"{'network':12}{'mode':9}{'batch':>6}{'threads':>9}{'images/s':>10}{'GFLOP/s':>9}"
          f"{'share':>8}{'limit':>7}{'bursts':>8}")  # fmt: skip
    for name in options.networks:
        for job in jobs(name, options.modes, options.batch):
            for threads in options.threads:
                found = measure(job, threads, options.bursts, options.seconds)
                print(
                    f"{name:12}{job.mode:9}{job.batch:6}{threads:9}{found['images']:10,.0f}"
                    f"{found['gflops']:9.1f}{found['share']:8.1%}{found['limit']:7.0f}"
                    f"{found['calm']:>5}/{options.bursts}",
                    flush=True,
                )
            if options.operations or options.kinds:
                show_operations(job, 3, options.kinds)


if __name__ == "__main__":
    main()
