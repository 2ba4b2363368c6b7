"""Read image files: find, list, decode, and cache them."""
