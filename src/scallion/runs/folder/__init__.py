"""The run folder: its files, lock, training state, environment, and the list of runs."""
