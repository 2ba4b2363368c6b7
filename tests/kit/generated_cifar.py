"""CIFAR files with random content in the original format: pickles of Python 2 in a gzipped tar."""

import gzip
import hashlib
import io
import struct
import tarfile
from dataclasses import replace

import numpy as np

from scallion.datasets.cifar import CifarBatch


class Python2Pickler:
    """Writes pickles like cPickle of Python 2: `str` as bytes, and a memo entry per value."""

    def __init__(self):
        self.memo = 0

    def put(self):
        self.memo += 1
        return b"q" + bytes([self.memo]) if self.memo < 256 else b"r" + struct.pack("<I", self.memo)

    def dump(self, value):
        return b"\x80\x02" + self.save(value) + b"."

    def save(self, value):
        if isinstance(value, bytes):
            short = len(value) < 256
            head = b"U" + bytes([len(value)]) if short else b"T" + struct.pack("<i", len(value))
            return head + value + self.put()
        if isinstance(value, int):
            return self.integer(value)
        if isinstance(value, list):
            return b"]" + self.put() + b"(" + b"".join(map(self.save, value)) + b"e"
        if isinstance(value, dict):
            items = b"".join(self.save(key) + self.save(item) for key, item in value.items())
            return b"}" + self.put() + b"(" + items + b"u"
        return self.array(value)

    def integer(self, value):
        if 0 <= value < 256:
            return b"K" + bytes([value])
        return (
            b"M" + struct.pack("<H", value)
            if 0 <= value < 65536
            else b"J" + struct.pack("<i", value)
        )

    def array(self, values):
        blank = (
            b"cnumpy.core.multiarray\n_reconstruct\n"
            + self.put()
            + b"cnumpy\nndarray\n"
            + self.put()
            + b"K\x00\x85"
            + self.put()
            + self.save(b"b")
            + b"\x87"
            + self.put()
            + b"R"
            + self.put()
        )
        shape = b"".join(map(self.integer, values.shape)) + b"\x86" + self.put()
        dtype = (
            b"cnumpy\ndtype\n"
            + self.put()
            + self.save(b"u1")
            + b"K\x00K\x01\x87"
            + self.put()
            + b"R"
            + self.put()
            + b"(K\x03"
            + self.save(b"|")
            + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"
            + self.put()
            + b"b"
        )
        raw = self.save(values.tobytes())
        return blank + b"(K\x01" + shape + dtype + b"\x89" + raw + b"t" + self.put() + b"b"


def tar_of(files):
    """Return a gzipped tar; a TarInfo as a value is added unchanged."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), compresslevel=1, mtime=0)


class GeneratedCifar:
    """A CIFAR with random content: its files, the pixels (images, 3072), and the labels.

    `classes` has the number of classes per kind of label. With `full` there are as many images as
    in the original, else 20 per file.
    """

    def __init__(self, module, classes, *, full=False):
        self.module = module
        self.real = module.SOURCE
        self.counts = {
            batch.name: batch.images if full else 20 for batch in (*self.real.train, self.real.test)
        }
        self.files, self.pixels, self.labels = {}, {}, {}
        generator = np.random.default_rng(len(self.real.archive))
        for name, images in self.counts.items():
            self.pixels[name] = generator.integers(0, 256, (images, 3072), np.uint8)
            self.labels[name] = {
                key: generator.integers(0, count, images).tolist() for key, count in classes.items()
            }
            content = {
                b"batch_label": b"training batch 1 of 5",
                **{key.encode(): labels for key, labels in self.labels[name].items()},
                b"data": self.pixels[name],
                b"filenames": [b"%05d.png" % number for number in range(images)],
            }
            self.files[f"{self.real.folder}/{name}"] = Python2Pickler().dump(content)
        self.files[f"{self.real.folder}/readme.html"] = b"<html></html>"
        self.archive = b""

    def pack(self, files=None):
        """Create the archive of these files, or of all, and return it."""
        self.archive = tar_of(self.files if files is None else files)
        return self.archive

    @property
    def sha256(self):
        return hashlib.sha256(self.archive).hexdigest()

    def source(self):
        """Return the module's SOURCE with the checksums of these files."""
        own = {name: self._batch(name) for name in self.counts}
        return replace(
            self.real,
            remote=replace(self.real.remote, sha256=self.sha256, url="http://127.0.0.1:1/closed"),
            train=tuple(own[batch.name] for batch in self.real.train),
            test=own[self.real.test.name],
        )

    def _batch(self, name):
        md5 = hashlib.md5(self.files[f"{self.real.folder}/{name}"]).hexdigest()
        return CifarBatch(name, self.counts[name], md5)
