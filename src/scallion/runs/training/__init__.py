"""Training a run: settings, preparation, forecast, time budget, training, resuming."""
