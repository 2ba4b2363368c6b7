"""The files of the page: a fixed list, read once. No request names a path."""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from scallion import html

FOLDER = Path(__file__).parent / "page"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_INLINE = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page, with its media type and the tag of its content."""

    content: bytes
    media_type: str
    tag: str


def read_page_files() -> dict[str, PageFile]:
    """Return all files of the page by their names in addresses: `app/main.js`, `index.html`.

    `style/shared.css` is the style that reports and lessons have, too.
    """
    found = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and path.suffix in _TYPES
    }
    found["style/shared.css"] = html.page_style().encode()
    return {name: _as_page_file(name, content) for name, content in found.items()}


def content_policy(index: bytes) -> str:
    """Return the content security policy of the shell: its own files, and its one import map."""
    scripts = "".join(f" 'sha256-{_hash(text)}'" for text in _INLINE.findall(index.decode()))
    return (
        f"default-src 'none'; script-src 'self'{scripts}; style-src 'self'; "
        "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _as_page_file(name: str, content: bytes) -> PageFile:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return PageFile(content, _TYPES[Path(name).suffix], tag)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
