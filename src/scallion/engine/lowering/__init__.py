"""Lowering rules: how layers, losses and optimizers become instructions of a program."""
