"""Read HDF5 files that are not trusted, in Python: what h5py and Keras write by default.

libhdf5 itself crashes on some damaged files, so it never sees a file from elsewhere.
"""

from scallion.hdf5.file import Hdf5Dataset, Hdf5File, Hdf5Group

__all__ = ["Hdf5Dataset", "Hdf5File", "Hdf5Group"]
