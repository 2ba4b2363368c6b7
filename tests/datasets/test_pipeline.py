"""The Dataset of `tf.data`, with orders and counts of TensorFlow."""

import itertools

import numpy as np
import pytest

from scallion.datasets.pipeline import Dataset
from scallion.errors import ArgumentError, DataError


def numbers(n: int) -> Dataset:
    return Dataset.from_tensor_slices(np.arange(n))


def listed(dataset: Dataset) -> list:
    return [np.asarray(element).tolist() for element in dataset]


def test_slices_are_rows_of_all_arrays() -> None:
    dataset = Dataset.from_tensor_slices((np.zeros((3, 4, 4)), [5, 6, 7]))
    assert [(x.shape, int(y)) for x, y in dataset] == [((4, 4), 5), ((4, 4), 6), ((4, 4), 7)]
    named = Dataset.from_tensor_slices({"image": np.ones((2, 1)), "label": np.arange(2)})
    assert [sorted(element) for element in named] == [["image", "label"]] * 2


def test_arrays_of_different_lengths_raise() -> None:
    with pytest.raises(DataError, match=r"Received: \[\(3,\), \(2,\)\]"):
        Dataset.from_tensor_slices((np.arange(3), np.arange(2)))


@pytest.mark.parametrize(("drop", "batches"), [(False, [[0, 1, 2], [3, 4, 5], [6]]), (True, 2)])
def test_batches_stack_and_may_drop_the_remainder(drop: bool, batches: object) -> None:
    dataset = numbers(7).batch(3, drop_remainder=drop)
    found = listed(dataset)
    assert len(dataset) == len(found)
    assert found == batches or len(found) == batches
    assert listed(dataset.unbatch()) == list(itertools.chain(*found))


def test_take_skip_concatenate_enumerate_and_zip() -> None:
    assert listed(numbers(5).take(2)) == [0, 1]
    assert listed(numbers(5).skip(3)) == [3, 4]
    assert listed(numbers(2).take(-1)) == [0, 1]
    assert listed(numbers(2).skip(-1)) == []
    assert listed(numbers(2).concatenate(numbers(1))) == [0, 1, 0]
    assert [(int(i), int(e)) for i, e in numbers(2).enumerate(5)] == [(5, 0), (6, 1)]
    pairs = Dataset.zip((numbers(3), numbers(2)))
    assert [(int(a), int(b)) for a, b in pairs] == [(0, 0), (1, 1)]
    assert [len(d) for d in (numbers(5).take(9), numbers(5).skip(9), pairs)] == [5, 0, 2]


def test_a_full_buffer_reshuffles_everything_each_time() -> None:
    dataset = numbers(100).shuffle(100, seed=1)
    first, second = listed(dataset), listed(dataset)
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second
    assert first != list(range(100))
    assert listed(numbers(100).shuffle(100, seed=1)) == first
    still = numbers(100).shuffle(100, seed=1, reshuffle_each_iteration=False)
    assert listed(still) == listed(still) == first


def test_a_small_buffer_shuffles_locally() -> None:
    order = listed(numbers(1000).shuffle(10, seed=0))
    assert sorted(order) == list(range(1000))
    assert all(value < place + 10 for place, value in enumerate(order))
    assert listed(numbers(9).shuffle(1)) == list(range(9))


def test_map_unpacks_tuples_and_arrays_have_numpy() -> None:
    dataset = Dataset.from_tensor_slices((np.arange(4.0), np.arange(4)))
    mapped = dataset.map(lambda x, y: (x / 2, y.numpy() + 1), num_parallel_calls=-1)
    assert [(float(x), int(y)) for x, y in mapped] == [(0, 1), (0.5, 2), (1.0, 3), (1.5, 4)]
    assert isinstance(next(iter(mapped))[0].numpy(), float)
    assert listed(numbers(5).filter(lambda x: x % 2 == 0)) == [0, 2, 4]


def test_the_first_complete_iteration_fills_the_cache() -> None:
    calls: list[int] = []

    def seen(x: np.ndarray) -> np.ndarray:
        calls.append(int(x))
        return x

    dataset = numbers(4).map(seen).cache()
    next(iter(dataset))
    assert listed(dataset) == listed(dataset) == [0, 1, 2, 3]
    assert calls == [0, 0, 1, 2, 3]


def test_repeat_and_cardinality() -> None:
    assert listed(numbers(2).repeat(2)) == [0, 1, 0, 1]
    endless = numbers(2).repeat()
    assert [int(x) for x in itertools.islice(endless, 5)] == [0, 1, 0, 1, 0]
    assert int(endless.cardinality()) == -1
    assert int(numbers(4).filter(bool).cardinality()) == -2
    assert listed(numbers(0).repeat()) == []
    for uncounted in (endless, numbers(4).filter(bool)):
        with pytest.raises(TypeError, match="no len"):
            len(uncounted)


def test_class_names_are_kept() -> None:
    dataset = numbers(3)
    dataset.class_names = ["cat", "dog"]
    assert dataset.cache().shuffle(3).batch(2).prefetch(-1).class_names == ["cat", "dog"]
    with pytest.raises(AttributeError):
        _ = numbers(3).class_names


def test_invalid_sizes_and_shapes_raise() -> None:
    with pytest.raises(ArgumentError, match="hint: batch_size=32"):
        numbers(3).batch(0)
    with pytest.raises(ArgumentError, match="buffer_size"):
        numbers(3).shuffle(-1)
    uneven = Dataset.from_generator(lambda: (np.zeros((i + 1, 2)) for i in range(2))).batch(2)
    with pytest.raises(DataError, match=r"the same shape.*\(1, 2\), \(2, 2\)"):
        listed(uneven)


def test_numpy_iterator_yields_plain_arrays() -> None:
    x, y = next(Dataset.from_tensor_slices((np.ones((2, 3)), [1, 2])).as_numpy_iterator())
    assert (type(x), x.shape, int(y)) == (np.ndarray, (3,), 1)
