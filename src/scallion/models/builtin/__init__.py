"""Built-in models by name: each an architecture with the recipe that it is trained by."""
