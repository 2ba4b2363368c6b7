"""The commands of `scallion`, one module per command."""
