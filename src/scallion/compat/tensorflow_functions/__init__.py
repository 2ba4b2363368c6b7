"""Functions of TensorFlow on arrays: images, files, text."""
