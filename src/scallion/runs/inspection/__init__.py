"""Inspect trained models with `scallion.insight`: explanation, training health, baselines."""
