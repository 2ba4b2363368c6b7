"""File formats of data sets: IDX, the pickles of CIFAR, `.npz` and `.tar.gz`."""
