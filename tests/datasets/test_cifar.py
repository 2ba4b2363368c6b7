"""CIFAR-10 and CIFAR-100: caches, downloads, checks, and hostile archives."""

import gzip
import os
import pickle
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from generated_cifar import Python2Pickler, tar_of
from scallion.datasets import cifar, cifar10, cifar100
from scallion.errors import ArgumentError, DownloadError, FileError

# The first ten classes and the official URLs: https://www.cs.toronto.edu/~kriz/cifar.html


def planes_to_pixels(planes):
    """Return images by the rule on CIFAR's page: 1,024 reds, then greens, then blues, by row."""
    out = np.empty((len(planes), 32, 32, 3), np.uint8)
    for row in range(32):
        for column in range(32):
            for colour in range(3):
                out[:, row, column, colour] = planes[:, colour * 1024 + row * 32 + column]
    return out


def cache(tmp_path, made):
    return tmp_path / "cache" / "datasets" / made.module.SOURCE.archive


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def expect_all(made, result, key="labels", dtype=np.uint8):
    (x_train, y_train), (x_test, y_test) = result
    train = [batch.name for batch in made.module.SOURCE.train]
    test = made.module.SOURCE.test.name
    planes = np.concatenate([made.pixels[name] for name in train])
    np.testing.assert_array_equal(x_train, planes_to_pixels(planes))
    np.testing.assert_array_equal(x_test, planes_to_pixels(made.pixels[test]))
    labels = [label for name in train for label in made.labels[name][key]]
    assert y_train.tolist() == [[label] for label in labels]
    assert y_test.tolist() == [[label] for label in made.labels[test][key]]
    assert (x_train.dtype, x_test.dtype) == (np.uint8, np.uint8)
    assert (y_train.dtype, y_test.dtype) == (dtype, dtype)


def test_generated_files_have_the_original_format(made10):
    # Python's unpickler verifies the files that these tests generate.
    content = pickle.loads(made10.files["cifar-10-batches-py/data_batch_1"], encoding="bytes")
    assert list(content) == [b"batch_label", b"labels", b"data", b"filenames"]
    np.testing.assert_array_equal(content[b"data"], made10.pixels["data_batch_1"])


def test_cifar10_is_downloaded_once_and_cached(made10, server, tmp_path):
    server.body = made10.archive
    expect_all(made10, cifar10.load_data(origin=server.url))
    assert cache(tmp_path, made10).read_bytes() == made10.archive
    expect_all(made10, cifar10.load_data())
    assert len(server.requests) == 1


def test_the_url_can_come_from_the_environment(made10, server, monkeypatch):
    server.body = made10.archive
    monkeypatch.setenv("SCALLION_CIFAR10_URL", server.url)
    expect_all(made10, cifar10.load_data())


def test_cifar100_has_fine_and_coarse_labels(made100, server):
    server.body = made100.archive
    fine = cifar100.load_data(origin=server.url)
    expect_all(made100, fine, "fine_labels", np.int64)
    expect_all(made100, cifar100.load_data("coarse"), "coarse_labels", np.int64)


def test_cifar100_raises_for_an_unknown_label_mode():
    with pytest.raises(ArgumentError, match=r"'fine' or 'coarse'. Received: label_mode='finer'"):
        cifar100.load_data("finer")


@pytest.mark.parametrize(
    "name",
    [
        "cifar-10-batches-py-target_archive",  # Keras 3.15
        "cifar-10-batches-py_archive",
        "cifar-10-batches-py.tar.gz",  # Keras 2
        "cifar-10-python.tar.gz",
    ],
)
def test_an_archive_in_keras_cache_is_used(made10, tmp_path, name):
    put(tmp_path / "keras" / "datasets" / name, made10.archive)
    expect_all(made10, cifar10.load_data())


@pytest.mark.parametrize(
    "folder",
    [
        "cifar-10-batches-py-target/cifar-10-batches-py",
        "cifar-10-batches-py/cifar-10-batches-py",
        "cifar-10-batches-py",
    ],
)
def test_a_folder_unpacked_by_keras_is_used(made10, tmp_path, folder):
    for name, content in made10.files.items():
        put(tmp_path / "keras" / "datasets" / folder / name.rpartition("/")[2], content)
    expect_all(made10, cifar10.load_data())


def test_keras_cache_in_the_home_folder_is_found(made10, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "ada"))
    put(tmp_path / "ada/.keras/datasets/cifar-10-batches-py.tar.gz", made10.archive)
    expect_all(made10, cifar10.load_data())


def test_a_damaged_unpacked_batch_is_skipped_and_named(made10, tmp_path):
    folder = tmp_path / "keras" / "datasets" / "cifar-10-batches-py"
    for name, content in made10.files.items():
        put(folder / name.rpartition("/")[2], content)
    damaged = bytearray(made10.files["cifar-10-batches-py/data_batch_3"])
    damaged[500] ^= 1
    put(folder / "data_batch_3", bytes(damaged))
    with pytest.raises(DownloadError, match=r"skipped .*data_batch_3: MD5 \w{32} expected"):
        cifar10.load_data()


def test_a_damaged_cached_archive_is_downloaded_again(made10, server, tmp_path):
    put(cache(tmp_path, made10), made10.archive[:-100])
    server.body = made10.archive
    expect_all(made10, cifar10.load_data(origin=server.url))
    assert cache(tmp_path, made10).read_bytes() == made10.archive


def test_the_error_without_network_names_the_target_path(made10, tmp_path):
    with pytest.raises(DownloadError) as caught:
        cifar10.load_data()
    text = str(caught.value)
    assert text.startswith("cannot download CIFAR-10 from http://127.0.0.1:1/closed: ")
    assert f"\nhint: put the file at {cache(tmp_path, made10)} by hand" in text
    assert f"SHA-256 {made10.sha256}" in text
    assert "SCALLION_CIFAR10_URL" in text


def test_a_manually_placed_file_is_checked_and_used(made10, tmp_path):
    wrong = put(cache(tmp_path, made10), b"<html>not found</html>")
    with pytest.raises(DownloadError) as caught:
        cifar10.load_data()
    assert f"skipped {wrong}: SHA-256 {made10.sha256} expected" in str(caught.value)
    put(wrong, made10.archive)
    expect_all(made10, cifar10.load_data())


def trust(monkeypatch, made, tmp_path, archive):
    """Put an archive with other content into the cache, and set its checksum."""
    made.archive = archive
    monkeypatch.setattr(made.module, "SOURCE", made.source())
    put(cache(tmp_path, made), archive)


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9])
def test_a_truncated_archive_raises(made10, tmp_path, monkeypatch, kept):
    trust(monkeypatch, made10, tmp_path, made10.archive[: int(len(made10.archive) * kept)])
    with pytest.raises(FileError, match=r"(is damaged|has no ).*\nhint: delete the file"):
        cifar10.load_data()


def test_a_batch_missing_from_the_archive_raises(made10, tmp_path, monkeypatch):
    files = dict(made10.files)
    del files["cifar-10-batches-py/data_batch_4"]
    trust(monkeypatch, made10, tmp_path, tar_of(files))
    with pytest.raises(FileError, match=r"does not contain cifar-10-batches-py/data_batch_4"):
        cifar10.load_data()


class Attack:
    """An object whose pickle runs code when Python reads it."""

    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize("protocol", range(6))
def test_a_hostile_pickle_raises_and_never_runs(made10, tmp_path, monkeypatch, protocol):
    trace = tmp_path / "trace"
    hostile = pickle.dumps({b"data": Attack(os.mkdir, str(trace))}, protocol)
    pickle.loads(hostile)
    assert trace.is_dir()  # the attack works with Python's unpickler
    trace.rmdir()
    made10.files["cifar-10-batches-py/data_batch_1"] = hostile
    trust(monkeypatch, made10, tmp_path, tar_of(made10.files))
    with pytest.raises(FileError, match=r"data_batch_1 (is not read|is damaged)"):
        cifar10.load_data()
    assert not trace.exists()


def test_nothing_is_written_outside_the_cache(made10, tmp_path, monkeypatch):
    link = tarfile.TarInfo("cifar-10-batches-py/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hostile = {
        "../../escaped": b"1",
        str(tmp_path / "absolute"): b"1",
        "cifar-10-batches-py/../../up": b"1",
        "link": link,
    }
    trust(monkeypatch, made10, tmp_path, tar_of(hostile | made10.files))
    before = set(tmp_path.rglob("*"))
    expect_all(made10, cifar10.load_data())
    assert set(tmp_path.rglob("*")) == before
    assert not (tmp_path.parent / "escaped").exists()


def test_a_link_in_place_of_a_batch_raises(made10, tmp_path, monkeypatch):
    link = tarfile.TarInfo("cifar-10-batches-py/test_batch")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    made_files = made10.files | {"cifar-10-batches-py/test_batch": link}
    trust(monkeypatch, made10, tmp_path, tar_of(made_files))
    with pytest.raises(FileError, match=r"does not contain cifar-10-batches-py/test_batch"):
        cifar10.load_data()


def test_a_decompression_bomb_raises_early(made10, tmp_path, monkeypatch):
    # 60 MB of zeros, compressed to 60 kB, before the first batch.
    monkeypatch.setattr(cifar, "UNPACKED_LIMIT", 4_000_000)
    member = tarfile.TarInfo("bomb")
    member.size = 60_000_000
    trust(monkeypatch, made10, tmp_path, gzip.compress(member.tobuf() + bytes(60_000_000), 1))
    with pytest.raises(FileError, match="unpacks to more than 4 MB"):
        cifar10.load_data()


def test_a_batch_that_declares_a_terabyte_raises(made10, tmp_path, monkeypatch):
    member = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
    member.size = 1 << 40
    trust(monkeypatch, made10, tmp_path, gzip.compress(member.tobuf() + bytes(10_000)))
    with pytest.raises(FileError, match="unpacks to more than 400 MB"):
        cifar10.load_data()


def test_an_archive_of_ten_thousand_files_raises(made10, tmp_path, monkeypatch):
    trust(monkeypatch, made10, tmp_path, tar_of({f"f{n}": b"" for n in range(2_000)}))
    with pytest.raises(FileError, match="more than 1000 files"):
        cifar10.load_data()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({b"data": b"pixels"}, r"pixels of shape \(20, 3072\) expected, bytes found"),
        ({b"data": np.zeros((19, 3072), np.uint8)}, r"expected, \(19, 3072\) found"),
        ({b"labels": [0] * 19}, "20 labels expected, 19 found"),
        ({b"labels": [0] * 19 + [10]}, "its labels are not all from 0 to 9"),
        ({b"labels": [0] * 19 + [-1]}, "its labels are not all from 0 to 9"),
        ({b"labels": [0] * 19 + [b"1"]}, "its labels are not all from 0 to 9"),
        ({b"labels": b"none"}, "20 labels expected, none found"),
    ],
)
def test_a_batch_with_other_content_raises(made10, tmp_path, monkeypatch, changed, message):
    content = {b"labels": [0] * 20, b"data": np.zeros((20, 3072), np.uint8)} | changed
    made10.files["cifar-10-batches-py/data_batch_2"] = Python2Pickler().dump(content)
    trust(monkeypatch, made10, tmp_path, tar_of(made10.files))
    with pytest.raises(FileError, match=f"data_batch_2 is damaged: .*{message}"):
        cifar10.load_data()


def test_urls_and_checksums_match_keras():
    # keras/src/datasets/cifar10.py and cifar100.py of Keras 3.15
    ten, hundred = cifar10.SOURCE.remote, cifar100.SOURCE.remote
    assert ten.url == "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    assert ten.sha256 == "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
    assert hundred.url == "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    assert hundred.sha256 == "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"
    assert [batch.images for batch in (*cifar10.SOURCE.train, cifar10.SOURCE.test)] == [10_000] * 6
    assert [batch.images for batch in (*cifar100.SOURCE.train, cifar100.SOURCE.test)] == [
        50_000,
        10_000,
    ]


def test_an_unreadable_cached_file_is_skipped(made10, server, tmp_path, monkeypatch):
    # The superuser can read everything, so the error is simulated.
    refused = put(tmp_path / "keras/datasets/cifar-10-batches-py.tar.gz", made10.archive)
    real = cifar.sha256

    def sha256(path):
        if path == refused:
            raise FileError(f"cannot read {path}: you have no permission")
        return real(path)

    monkeypatch.setattr(cifar, "sha256", sha256)
    with pytest.raises(DownloadError, match=r"skipped cannot read .* no permission"):
        cifar10.load_data()
    server.body = made10.archive
    expect_all(made10, cifar10.load_data(origin=server.url))


def test_a_wrong_checksum_is_never_loaded(made10, server, monkeypatch):
    server.body = made10.archive
    wrong = replace(cifar10.SOURCE, remote=replace(cifar10.SOURCE.remote, sha256="0" * 64))
    monkeypatch.setattr(cifar10, "SOURCE", wrong)
    with pytest.raises(DownloadError, match=f"SHA-256 {'0' * 64} expected, {made10.sha256} found"):
        cifar10.load_data(origin=server.url)
