"""Metrics of predictions: confusion, calibration, intervals, comparison."""
