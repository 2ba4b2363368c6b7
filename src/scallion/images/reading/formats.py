"""Image file formats that are read, and the suffixes of their files. This is their only list."""

from pathlib import PurePath
from types import MappingProxyType

# Numbers are stored in image caches: a new format takes a new one, none is used again.
FORMAT_NUMBERS = MappingProxyType(
    {"JPEG": 0, "PNG": 1, "WEBP": 2, "TIFF": 3, "BMP": 4, "GIF": 5, "PPM": 6}
)
FORMAT_NAMES = MappingProxyType({number: name for name, number in FORMAT_NUMBERS.items()})
FORMATS = tuple(FORMAT_NUMBERS)  # as Pillow calls them

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
    }
)

# Those of keras.utils.image_dataset_from_directory, which must find the files that Keras finds.
KERAS_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def has_image_suffix(name: str) -> bool:
    """Return whether a file name ends like that of an image.

    >>> has_image_suffix("a.JPG"), has_image_suffix("a.txt"), has_image_suffix(".png")
    (True, False, False)
    """
    return PurePath(name).suffix.lower() in FORMAT_OF_SUFFIX
