"""Contact sheets."""

import shutil
from pathlib import Path

from scallion import images


def test_sheets_show_classes_and_findings(healthy: Path) -> None:
    shutil.copy(healthy / "train/cat/03.png", healthy / "test/cat/again.png")
    loaded = images.load(healthy)
    sheet = images.contact_sheet(loaded, images.choose_augmentation("light", loaded.class_names))
    assert sheet.width > 800
    assert len(sheet.getcolors(1 << 24) or ()) > 500
    suspects = images.findings_sheet(loaded, images.check(loaded))
    assert suspects is not None
    assert images.findings_sheet(loaded, []) is None
