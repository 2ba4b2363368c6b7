"""`scallion doctor`: the check of the installation."""

import json

import scallion
from commands import Command


def test_the_doctor_lists_the_installation(run: Command) -> None:
    output = run("doctor")
    assert output.code == 0
    heads = [line.split()[0] for line in output.out.splitlines()]
    assert heads[:7] == ["scallion", "python", "system", "processor", "engine", "threads", "speed"]
    assert {"fashion-mnist", "mnist", "cifar10", "cifar100"} <= set(heads)


def test_the_doctor_as_json(run: Command) -> None:
    figures = json.loads(run("doctor", "--threads", 1, "--json").out)
    assert figures["environment"]["scallion"] == scallion.__version__
    assert figures["environment"]["threads"] == 1
    assert [place["name"] for place in figures["data"]][:2] == ["fashion-mnist", "mnist"]
