"""The check of an installation, `scallion doctor`: versions, engine, speed, data sets."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from scallion import datasets, layers, session
from scallion.datasets.dataset_location import DatasetLocation, locate_dataset
from scallion.engine import native
from scallion.initializers import HeNormal
from scallion.installation import install_engine
from scallion.losses import SparseCategoricalCrossentropy
from scallion.models import Sequential
from scallion.runs.folder.environment import Environment
from scallion.text_format import plural

# Where the fast tests ran; the others have no machine to try them on.
TRIED = {("Linux", "x86_64")}


@dataclass(frozen=True, slots=True)
class SystemCheck:
    """The report of `scallion doctor`. `gflops` is None if only the reference engine runs.

    `engines_agree` is None without a compiled engine.
    """

    environment: Environment
    gflops: float | None
    engines_agree: bool | None
    data: tuple[DatasetLocation, ...]
    hints: tuple[str, ...]


def check_system() -> SystemCheck:
    """Examine this installation, and measure the engine's peak speed for a third of a second."""
    machine = Environment.here()
    check = SystemCheck(
        machine,
        native.measure_peak() if machine.engine == "native" else None,
        compare_engines() if native.is_available() else None,
        tuple(locate_dataset(name) for name in datasets.names()),
        (),
    )
    return replace(check, hints=tuple(_hints(check)))


def _hints(check: SystemCheck) -> Iterator[str]:
    if not native.is_available():
        missing = "the compiled engine is missing, so the slow reference engine runs"
        yield f"{missing}; {install_engine()}"
    elif check.engines_agree is False:
        yield "the compiled engine computes wrong results here: export SCALLION_ENGINE=reference"
    machine = check.environment
    if native.is_available() and (machine.system.split()[0], machine.machine) not in TRIED:
        yield (
            "Scallion was not tried on this kind of machine: please send the "
            f"developers this line: {_verdict(check)}"
        )


def _verdict(check: SystemCheck) -> str:
    """Return the line that tells the developers whether a machine of this kind works."""
    machine = check.environment
    speed = "" if check.gflops is None else f"; {check.gflops:.0f} GFLOP/s"
    return (
        f"scallion {machine.scallion}; {machine.system}, {machine.machine}; Python "
        f"{machine.python}; {machine.instruction_set}; {_agreement(check)}{speed}"
    )


def _agreement(check: SystemCheck) -> str:
    if check.engines_agree is None:
        return "not compared: the compiled engine is missing"
    return "as the reference engine" if check.engines_agree else "wrong"


def compare_engines() -> bool:
    """Return whether both engines train a small network to the same weights, up to rounding."""
    random = np.random.default_rng(0)
    images = random.random((8, 8, 8, 3), dtype=np.float32)
    labels = np.arange(8) % 3
    trained = []
    before = session.get_engine()
    try:
        for engine in ("native", "reference"):
            session.set_engine(engine)
            model = Sequential(
                [
                    layers.Input((8, 8, 3)),
                    layers.Conv2D(8, 3, activation="relu", kernel_initializer=HeNormal(seed=1)),
                    layers.MaxPooling2D(),
                    layers.Flatten(),
                    layers.Dense(3, kernel_initializer=HeNormal(seed=2)),
                ]
            )
            model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
            model.fit(images, labels, epochs=2, batch_size=4, shuffle=False, verbose=0)
            trained.append(model.get_weights())
    finally:
        session.set_engine(before)
    return all(np.allclose(a, b, atol=1e-5) for a, b in zip(*trained, strict=True))


def format_system_check(check: SystemCheck) -> str:
    """Return the check as lines, each with its heading."""
    machine = check.environment
    speed = "not measured: the reference engine runs"
    if check.gflops is not None:
        speed = f"{check.gflops:.0f} GFLOP/s, the limit of {plural(machine.threads, 'thread')}"
    lines = [
        ("scallion", machine.scallion),
        ("python", f"{machine.python}, numpy {machine.numpy}"),
        ("system", f"{machine.system}, {machine.machine}"),
        ("processor", f"{machine.cpu}, {machine.cores} cores"),
        ("engine", f"{machine.engine}, {machine.instruction_set or 'plain NumPy'}"),
        ("threads", str(machine.threads)),
        ("speed", speed),
        ("results", _agreement(check)),
        *((location.name, _place(location)) for location in check.data),
        *(("hint", hint) for hint in check.hints),
    ]
    width = max(len(heading) for heading, _ in lines)
    return "\n".join(f"{heading:<{width}}  {text}" for heading, text in lines)


def _place(location: DatasetLocation) -> str:
    if location.place == "bundled":
        return "in the package"
    if location.place is None:
        return f"not on this machine; downloaded when used ({location.size / 1e6:.0f} MB)"
    cache = "in Scallion's cache" if location.place == "cache" else "in Keras' cache"
    return f"{cache}: {location.path}"
