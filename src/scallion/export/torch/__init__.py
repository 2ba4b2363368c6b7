"""PyTorch folders: a readable `model.py`, its weights, a program that predicts, and a README."""
