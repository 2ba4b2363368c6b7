"""Findings about a training run, from curves and measurements."""
