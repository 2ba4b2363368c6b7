"""Split image data sets into training, validation and test: by class, by group."""
