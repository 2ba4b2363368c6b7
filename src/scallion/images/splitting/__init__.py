"""Split an image data set into training, validation and test: by class, or by group."""
