"""Models of thousands of layers are built and read in time linear in their number."""

import pytest

from scallion.errors import FileError
from scallion.graph import graph
from scallion.layers import Add, Input, ReLU
from scallion.models import Model, Sequential
from scallion.models.files import config_reader
from scallion.models.files.config_reader import from_config
from scallion.models.files.config_writer import to_config

MANY = 600


@pytest.fixture
def chain() -> Model:
    tensor = start = Input((2, 2, 1))
    for _ in range(MANY):
        tensor = ReLU()(tensor)
    return Model(start, tensor)


def test_layers_in_reverse_are_read_in_linear_time(
    chain: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In reverse, 5,000 layers took 33 seconds: each pass found one more layer to call."""
    config = to_config(chain)
    config["config"]["layers"].reverse()
    checks = 0
    exists = config_reader._exists

    def counted(needed, made):
        nonlocal checks
        checks += 1
        return exists(needed, made)

    monkeypatch.setattr(config_reader, "_exists", counted)
    found = from_config(config)
    assert [layer.name for layer in found.layers] == [layer.name for layer in chain.layers]
    assert checks <= 3 * MANY


def test_a_layer_with_many_inputs_waits_for_each_once() -> None:
    start = Input((2, 2, 1))
    total = Add()([ReLU()(start) for _ in range(50)])
    model = Model(start, Add()([total, ReLU()(total)]))
    config = to_config(model)
    config["config"]["layers"].reverse()
    assert [layer.name for layer in from_config(config).layers] == [
        layer.name for layer in model.layers
    ]


def test_a_sequential_is_ordered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    check = graph.Graph.__post_init__

    def counted(self):
        nonlocal made
        made += 1
        check(self)

    monkeypatch.setattr(graph.Graph, "__post_init__", counted)
    model = Sequential([Input((2, 2, 1)), *(ReLU() for _ in range(MANY))])
    assert made <= 2
    assert len(model.layers) == MANY


def test_too_many_layers_are_refused_before_they_are_made(
    chain: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_reader, "MAX_LAYERS", MANY // 2)
    for model in (chain, Sequential([Input((2, 2, 1)), *(ReLU() for _ in range(MANY))])):
        with pytest.raises(FileError, match=r"has 60\d layers, more than 300"):
            from_config(to_config(model))


def test_a_cycle_of_layers_is_no_network(chain: Model) -> None:
    config = to_config(chain)
    layers = config["config"]["layers"]
    layers[1]["inbound_nodes"], layers[-1]["inbound_nodes"] = (
        layers[2]["inbound_nodes"], layers[-2]["inbound_nodes"],
    )  # fmt: skip
    with pytest.raises(FileError, match=r"is not a network: layer '.*' has no inputs"):
        from_config(config)
