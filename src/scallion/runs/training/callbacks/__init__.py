"""The callbacks of a run: they record, report, save, schedule and stop its training."""
