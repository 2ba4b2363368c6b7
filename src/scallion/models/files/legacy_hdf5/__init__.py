"""Keras' legacy HDF5 format: `.h5` files with layers, weights and the arguments of compile."""
