"""Print the path of the wheel in a folder that this machine installs: wheel_path.py FOLDER."""

import platform
import sys
from pathlib import Path

machine = platform.machine().lower()
ENDINGS = {"linux": f"manylinux2014_{machine}", "darwin": f"_{machine}", "win32": "win_amd64"}
(wheel,) = (
    path
    for path in Path(sys.argv[1]).resolve().glob("scallion-*.whl")
    if path.stem.endswith(ENDINGS[sys.platform])
    and ("macosx" in path.name) == (sys.platform == "darwin")
)
sys.stdout.write(wheel.as_posix() + "\n")
