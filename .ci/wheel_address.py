"""Print the address of the wheel that this machine installs: wheel_address.py FOLDER."""

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
sys.stdout.write(wheel.as_uri() + "\n")
