"""Reference operations in NumPy, and the engine that walks a graph with them."""
