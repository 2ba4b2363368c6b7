# A wrapper as scikeras has it, written by hand, in k-fold cross-validation.
import keras
import numpy as np


def create_model(optimizer="adam", units=8, dropout=0.1):
    model = keras.models.Sequential()
    model.add(keras.layers.InputLayer(shape=(8, 8, 1)))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(units, activation="relu", kernel_initializer="he_uniform"))
    model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(3, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


class KerasClassifier:
    def __init__(self, build_fn, epochs=1, batch_size=16, verbose=0, **sk_params):
        self.build_fn, self.epochs, self.batch_size = build_fn, epochs, batch_size
        self.verbose, self.sk_params = verbose, sk_params

    def fit(self, x, y):
        self.model = self.build_fn(**self.sk_params)
        self.history = self.model.fit(
            x, y, epochs=self.epochs, batch_size=self.batch_size, verbose=self.verbose
        )
        return self

    def predict(self, x):
        return self.model.predict(x, verbose=self.verbose).argmax(-1)

    def score(self, x, y):
        return float(np.mean(self.predict(x) == y))


rng = np.random.default_rng(0)
x, y = rng.random((48, 8, 8, 1)), rng.integers(0, 3, 48)
grid = [{"optimizer": o, "units": u} for o in ("adam", "rmsprop", "sgd") for u in (4, 8)]
folds = np.array_split(rng.permutation(48), 3)
scores = {}
for params in grid:
    keras.backend.clear_session()
    fold_scores = []
    for k in range(3):
        train = np.concatenate([folds[i] for i in range(3) if i != k])
        clf = KerasClassifier(create_model, **params).fit(x[train], y[train])
        fold_scores.append(clf.score(x[folds[k]], y[folds[k]]))
    scores[tuple(params.values())] = np.mean(fold_scores)
_best = max(scores, key=scores.get)
print(len(scores), all(0 <= s <= 1 for s in scores.values()))
print([layer.name for layer in clf.model.layers])
