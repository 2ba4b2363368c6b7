"""The rules that turn curves and measurements of a training run into findings."""
