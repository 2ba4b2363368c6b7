"""Image file formats that are read, and the suffixes of their files. This is their only list."""

import importlib.util
import os
from functools import cache
from types import MappingProxyType

from scallion.errors import FileError
from scallion.installation import package_command

# Numbers are stored in image caches: a new format takes a new one, none is used again.
FORMAT_NUMBERS = MappingProxyType(
    {"JPEG": 0, "PNG": 1, "WEBP": 2, "TIFF": 3, "BMP": 4, "GIF": 5, "PPM": 6, "HEIF": 7}
)
FORMAT_NAMES = MappingProxyType({number: name for name, number in FORMAT_NUMBERS.items()})
FORMATS = tuple(name for name in FORMAT_NUMBERS if name != "HEIF")  # as Pillow calls them

FORMAT_OF_SUFFIX = MappingProxyType(
    {
        ".jpg": "JPEG",
        ".jpeg": "JPEG",
        ".jpe": "JPEG",
        ".jfif": "JPEG",
        ".png": "PNG",
        ".webp": "WEBP",
        ".tif": "TIFF",
        ".tiff": "TIFF",
        ".bmp": "BMP",
        ".dib": "BMP",
        ".gif": "GIF",
        ".ppm": "PPM",
        ".pgm": "PPM",
        ".pbm": "PPM",
        ".pnm": "PPM",
        ".heic": "HEIF",
        ".heif": "HEIF",
        ".hif": "HEIF",
    }
)

# Those of keras.utils.image_dataset_from_directory, which must find the files that Keras finds.
KERAS_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")

# Images that are not read: they are named, so that nobody wonders where they are.
_UNREAD = MappingProxyType(
    {
        "HEIC": (".heic", ".heif", ".hif"),
        "AVIF": (".avif", ".avifs"),
        "JPEG XL": (".jxl",),
        "JPEG 2000": (".jp2", ".j2k", ".jpf", ".jpx"),
        "raw camera": (".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef"),
        "DICOM": (".dcm", ".dicom"),
        "microscope": (".czi", ".nd2", ".lif", ".oib", ".oif", ".vsi", ".svs", ".ndpi"),
        "FITS": (".fits", ".fit"),
        "OpenEXR": (".exr",),
        "Photoshop": (".psd",),
        "Targa": (".tga",),
        "vector": (".svg", ".eps", ".ai"),
    }
)
_UNREAD_OF_SUFFIX = {suffix: name for name, suffixes in _UNREAD.items() for suffix in suffixes}
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_CONVERT_HEIC = (
    "{install}, and run it again; or convert them: on a Mac, "
    "sips -s format jpeg *.heic --out jpeg, elsewhere magick mogrify -format jpg *.heic"
)
_CONVERT = "convert them to PNG, TIFF or JPEG first, with the program that made them"


def has_image_suffix(name: str) -> bool:
    """Return whether a file name ends like that of an image that can be read here.

    >>> has_image_suffix("a.JPG"), has_image_suffix("a.txt"), has_image_suffix(".png")
    (True, False, False)
    """
    # os.path and not pathlib, which takes ten times as long.
    found = FORMAT_OF_SUFFIX.get(os.path.splitext(name)[1].lower())  # noqa: PTH122
    return found is not None and (found != "HEIF" or can_read_heif())


def unread_format(name: str) -> str | None:
    """Return the name of an image format that cannot be read here, by a file's name, or None.

    >>> unread_format("scan.DCM"), unread_format("cat.png"), unread_format("notes.txt")
    ('DICOM', None, None)
    """
    found = _UNREAD_OF_SUFFIX.get(os.path.splitext(name)[1].lower())  # noqa: PTH122
    return None if found == "HEIC" and can_read_heif() else found


def describe_unread(name: str) -> str:
    """Return what files of an unread format are called where skipped files are counted."""
    return f"{name} images"


def conversion_hint(described: str) -> str | None:
    """Return how to convert what `describe_unread` names; None for any other text."""
    if described not in map(describe_unread, _UNREAD):
        return None
    return _heic_hint() if described == describe_unread("HEIC") else _CONVERT


def _heic_hint() -> str:
    return _CONVERT_HEIC.format(install=package_command("pillow-heif"))


@cache
def can_read_heif() -> bool:
    """Return whether the package pillow-heif is installed, which reads an iPhone's HEIC photos."""
    return importlib.util.find_spec("pillow_heif") is not None


def readers_for(data: bytes) -> tuple[str, ...]:
    """Return the names of the readers that Pillow may use for a file's bytes.

    Raises FileError for a HEIC photo where pillow-heif is missing.
    """
    if data[4:8] != b"ftyp" or data[8:12] not in _HEIF_BRANDS:
        return FORMATS
    if not can_read_heif():
        raise FileError("it is a HEIC photo, and pillow-heif is not installed", hint=_heic_hint())
    import pillow_heif  # pyright: ignore[reportMissingImports]  # optional, slow to import

    pillow_heif.register_heif_opener()
    return ("HEIF",)
