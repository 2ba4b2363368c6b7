"""Multinomial logistic regression on features; cross-validation chooses penalty and scale."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]

# Candidates for the penalty per image: of the weights of standardized features.
PENALTIES = (4.0, 2.0, 1.0, 0.5, 0.25, 0.12, 0.06, 0.03, 0.01, 0.003)
SCALES = np.geomspace(0.5, 8.0, 25)  # candidates for the factor of the logits
FOLDS = 4
MAX_IMAGES = 4000  # for the choice of the penalty

_MEMORY = 8  # pairs of steps and gradient changes that L-BFGS remembers
_ITERATIONS, _FOLD_ITERATIONS = 60, 20
_TOLERANCE = 1e-4  # of the largest gradient element


@dataclass(frozen=True, slots=True, eq=False)
class LinearClassifier:
    """Logits x @ kernel + bias of features x (n, d): kernel (d, classes), bias (classes,).

    `penalty` is the one that was chosen.
    """

    kernel: Floats
    bias: Floats
    penalty: float

    def logits(self, x: Floats) -> Floats:
        """Return the logits (n, classes)."""
        return x @ self.kernel + self.bias


def fit_classifier(
    x: Floats, y: Labels, classes: int, weights: Floats | None = None
) -> LinearClassifier:
    """Fit a classifier to features x (n, d) and labels y (n,), with optional sample weights.

    Features are standardized; penalty and factor of the logits come from `choose_penalty`. The
    result is the same for the same input.
    """
    mean = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = x.std(axis=0, dtype=np.float64).astype(np.float32)
    deviation[deviation < 1e-6] = 1.0
    scaled = (x - mean) / deviation
    sample_weights = np.ones(len(x), np.float32) if weights is None else weights
    penalty, scale = choose_penalty(scaled, y, classes, sample_weights)
    # The sum of all losses keeps its penalty: the folds were fitted to fewer images.
    penalty *= 1 - 1 / FOLDS
    solution = _minimize_loss(scaled, y, classes, sample_weights, penalty, _ITERATIONS)
    solution *= np.float32(scale)
    kernel = solution[:-1] / deviation[:, None]
    return LinearClassifier(kernel, solution[-1] - mean @ kernel, penalty)


def choose_penalty(x: Floats, y: Labels, classes: int, weights: Floats) -> tuple[float, float]:
    """Return the penalty and the factor of the logits that fit left-out images best.

    A strong penalty separates few images best, but makes all probabilities alike, which
    cross-entropy counts as an error. So each penalty is judged by its cross-entropy after the
    logits are multiplied by the best of `SCALES` (temperature scaling, Guo et al. 2017). Penalties
    are tried from strong to weak, until one is worse than the one before it; each solution is the
    start of the next. Only the first `MAX_IMAGES` images are used.
    """
    x, y, weights = x[:MAX_IMAGES], y[:MAX_IMAGES], weights[:MAX_IMAGES]
    folds = assign_folds(y)
    used = [fold for fold in range(FOLDS) if 0 < np.count_nonzero(folds == fold) < len(y)]
    if not used:
        return PENALTIES[0], 1.0
    starts: dict[int, Floats] = {}
    best, best_scale, lowest = PENALTIES[0], 1.0, np.inf
    for penalty in PENALTIES:
        logits = np.zeros((len(y), classes), np.float32)
        for fold in used:
            kept, left_out = folds != fold, folds == fold
            starts[fold] = _minimize_loss(
                x[kept],
                y[kept],
                classes,
                weights[kept],
                penalty,
                _FOLD_ITERATIONS,
                starts.get(fold),
            )
            logits[left_out] = x[left_out] @ starts[fold][:-1] + starts[fold][-1]
        scale, loss = _best_scale(logits, y, weights)
        if loss >= lowest:
            break
        best, best_scale, lowest = penalty, scale, loss
    return best, best_scale


def _best_scale(logits: Floats, y: Labels, weights: Floats) -> tuple[float, float]:
    """Return the factor of the logits with the lowest cross-entropy, and that cross-entropy."""
    losses = [_cross_entropy(np.float32(scale) * logits, y, weights) for scale in SCALES]
    place = int(np.argmin(losses))
    return float(SCALES[place]), losses[place]


def assign_folds(y: Labels) -> NDArray[np.int64]:
    """Return the fold of each image; the images of a class are spread evenly, in their order.

    >>> assign_folds(np.array([0, 1, 0, 1, 0, 0, 0])).tolist()
    [0, 0, 1, 1, 2, 3, 0]
    """
    folds = np.zeros(len(y), np.int64)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        folds[rows] = np.arange(len(rows)) % FOLDS
    return folds


def _cross_entropy(logits: Floats, y: Labels, weights: Floats) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(shifted).sum(axis=1))
    return float((weights * (log_sums - shifted[np.arange(len(y)), y])).sum())


def _minimize_loss(
    x: Floats,
    y: Labels,
    classes: int,
    weights: Floats,
    penalty: float,
    iterations: int,
    start: Floats | None = None,
) -> Floats:
    """Return kernel and bias (d + 1, classes) that minimize the penalized mean cross-entropy."""
    count, rows = np.float32(weights.sum()), np.arange(len(y))

    def loss_and_gradient(flat: Floats) -> tuple[float, Floats]:
        both = flat.reshape(-1, classes)
        logits = x @ both[:-1] + both[-1]
        logits -= logits.max(axis=1, keepdims=True)
        exponentials = np.exp(logits)
        sums = exponentials.sum(axis=1, keepdims=True)
        loss = float((weights * (np.log(sums[:, 0]) - logits[rows, y])).sum()) / float(count)
        error = exponentials / sums
        error[rows, y] -= 1
        error *= (weights / count)[:, None]
        gradient = np.empty_like(both)
        gradient[:-1] = x.T @ error + np.float32(penalty) * both[:-1]
        gradient[-1] = error.sum(axis=0)
        loss += 0.5 * penalty * float(np.square(both[:-1], dtype=np.float64).sum())
        return loss, gradient.reshape(-1)

    first = np.zeros((x.shape[1] + 1) * classes, np.float32) if start is None else start.reshape(-1)
    return minimize(loss_and_gradient, first, iterations).reshape(-1, classes)


def minimize(
    loss_and_gradient: Callable[[Floats], tuple[float, Floats]], start: Floats, iterations: int
) -> Floats:
    """Minimize a smooth function by L-BFGS with backtracking (Nocedal and Wright, chapter 7.2)."""
    point = start.copy()
    loss, gradient = loss_and_gradient(point)
    pairs: list[tuple[Floats, Floats, float]] = []
    for _ in range(iterations):
        if np.abs(gradient).max() <= _TOLERANCE:
            break
        direction = _direction(gradient, pairs)
        slope = float(direction @ gradient)
        if slope >= 0:
            pairs.clear()
            direction, slope = -gradient, -float(gradient @ gradient)
        rate = 1.0 if pairs else min(1.0, 1.0 / float(np.abs(gradient).sum() + 1e-12))
        for _ in range(25):
            candidate = (point + np.float32(rate) * direction).astype(np.float32)
            new_loss, new_gradient = loss_and_gradient(candidate)
            if new_loss <= loss + 1e-4 * rate * slope:
                break
            rate /= 2
        else:
            break
        step, change = candidate - point, new_gradient - gradient
        curvature = float(step @ change)
        if curvature > 1e-10:
            pairs = [*pairs[1 - _MEMORY :], (step, change, curvature)]
        point, loss, gradient = candidate, new_loss, new_gradient
    return point


def _direction(gradient: Floats, pairs: list[tuple[Floats, Floats, float]]) -> Floats:
    """Return minus the gradient times the approximate inverse Hessian: the two-loop recursion."""
    direction = -gradient
    factors: list[float] = []
    for step, change, curvature in reversed(pairs):
        factor = float(step @ direction) / curvature
        direction -= np.float32(factor) * change
        factors.append(factor)
    if pairs:
        _, change, curvature = pairs[-1]
        direction *= np.float32(curvature / float(change @ change))
    for (step, change, curvature), factor in zip(pairs, reversed(factors), strict=True):
        direction += np.float32(factor - float(change @ direction) / curvature) * step
    return direction


__all__ = [
    "FOLDS",
    "MAX_IMAGES",
    "PENALTIES",
    "SCALES",
    "LinearClassifier",
    "assign_folds",
    "choose_penalty",
    "fit_classifier",
    "minimize",
]
