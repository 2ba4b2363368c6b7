"""Measure the lesson's Dense layers and convolutions on few, many and moved images.

Two of its networks are trained on Fashion-MNIST, with two seeds, for 8 epochs. Then the first
5,000 test images are moved to the right and down; no network was shown moved images.
"""

import argparse

import numpy as np

from scallion import datasets, session
from scallion.models.builtin import model_registry

NETWORKS, SEEDS, EPOCHS, MOVES = ("lesson-dense", "lesson"), (1, 2), 8, (0, 1, 2, 3)


def measure(network: str, images: int, seed: int, epochs: int) -> list[float]:
    """Return the validation accuracy, then the test accuracy for each move."""
    data = datasets.find("fashion-mnist").load()
    session.set_random_seed(seed)
    order = np.random.default_rng(seed).permutation(len(data.x_train))
    train, validation = order[:images], order[-6000:]
    architecture, recipe = model_registry.find(network)
    model = architecture.build((28, 28, 1), 10, scale=1 / 255)
    recipe.compile(model, steps=epochs * -(-images // 32), learning_rate=1e-3)
    model.fit(data.x_train[train], data.y_train[train], epochs=epochs, batch_size=32, verbose=0)
    sets = [(data.x_train[validation], data.y_train[validation])]
    test, labels = data.x_test[:5000], data.y_test[:5000]
    sets += [(np.roll(test, (move, move), axis=(1, 2)), labels) for move in MOVES]
    return [model.evaluate(x, y, batch_size=256, verbose=0)[1] for x, y in sets]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, action="append", help="default: 5000 and 20000")
    parser.add_argument("--smoke", action="store_true", help="a tiny run, to see that it works")
    options = parser.parse_args()
    counts = [200] if options.smoke else options.images or [5000, 20_000]
    print("| network | images | validation | " + " | ".join(f"moved {m}" for m in MOVES) + " |")
    print("|---|---|---|" + "---|" * len(MOVES))
    for images in counts:
        for network in NETWORKS:
            rows = [
                measure(network, images, seed, 1 if options.smoke else EPOCHS) for seed in SEEDS
            ]
            means = " | ".join(f"{100 * value:.1f} %" for value in np.mean(rows, axis=0))
            print(f"| {network} | {images:,} | {means} |", flush=True)


if __name__ == "__main__":
    main()
