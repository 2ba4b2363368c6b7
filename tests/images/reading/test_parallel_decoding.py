"""Parallel decoding."""

from scallion.images.reading import parallel_decoding


def test_few_results_are_queued() -> None:
    started: list[int] = []
    results = parallel_decoding.map_in_order(
        lambda task: started.append(task) or task, range(1000), threads=2
    )
    assert next(results) == 0
    assert len(started) <= 2 * parallel_decoding._QUEUED + 2
    results.close()
