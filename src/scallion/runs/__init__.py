"""Runs: training with three splits, and the folder that keeps what happened."""

from scallion.runs.environment import Environment
from scallion.runs.folder import RunFolder
from scallion.runs.outcome import Outcome, Score
from scallion.runs.preparation import Preparation, Settings, prepare
from scallion.runs.training import train

__all__ = [
    "Environment",
    "Outcome",
    "Preparation",
    "RunFolder",
    "Score",
    "Settings",
    "prepare",
    "train",
]
