"""Files of models: `.keras` and `.weights.h5` files, and configs as Keras' JSON."""
