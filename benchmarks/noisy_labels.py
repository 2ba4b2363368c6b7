"""Plant ten wrong labels per class and count how many are among the first 200 listed."""

import argparse
import json
import time

import numpy as np

from scallion import datasets, session
from scallion.insight.findings.label_errors import estimate_label_errors, find_label_issues
from scallion.runs.inspection.cross_validation import out_of_fold_predictions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--smoke", action="store_true", help="few images, one epoch")
    options = parser.parse_args()
    if options.smoke:
        options.images, options.epochs, options.folds = 2000, 1, 2
    data = datasets.find("fashion-mnist").load()
    x, labels = data.x_train[: options.images], data.y_train[: options.images].astype(np.int64)
    random = np.random.default_rng(options.seed)
    planted = np.concatenate(
        [random.choice(np.flatnonzero(labels == label), 10, replace=False) for label in range(10)]
    )
    noisy = labels.copy()
    noisy[planted] = (labels[planted] + random.integers(1, 10, len(planted))) % 10
    session.set_random_seed(options.seed)
    started = time.perf_counter()
    held_out = out_of_fold_predictions(x, noisy, 10, epochs=options.epochs, folds=options.folds)
    places = [issue.image for issue in find_label_issues(held_out)]
    found = {n: len(set(places[:n]) & set(planted.tolist())) for n in (100, 200, 400)}
    print(
        json.dumps(
            {
                **vars(options),
                "planted": len(planted),
                "found_among_first": found,
                "estimated_wrong": estimate_label_errors(held_out),
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
