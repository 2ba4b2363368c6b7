"""Keras files that give probabilities."""
