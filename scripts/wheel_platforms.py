"""The platforms of wheels: their names for zig, their settings for CMake, their tags."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Platform:
    """One platform. `flags` are those of the last link that decide which C++ library zig compiles.

    CMake's checks link, too: with other flags zig would compile the C++ library twice.
    """

    zig_target: str
    tag: str
    library: str
    cmake: dict[str, str] = field(default_factory=dict)
    flags: str = ""


def _system(name: str, processor: str, **more: str) -> dict[str, str]:
    return {"CMAKE_SYSTEM_NAME": name, "CMAKE_SYSTEM_PROCESSOR": processor, **more}


# CMake asks for tools of Apple that a build with zig does not use.
_APPLE = {
    "CMAKE_INSTALL_NAME_TOOL": "true",
    "CMAKE_OSX_SYSROOT": "",
}

PLATFORMS = {
    "linux-x86_64": Platform(
        "x86_64-linux-gnu.2.17",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "libscallion.so",
        _system("Linux", "x86_64"),
        "-s",
    ),
    "linux-aarch64": Platform(
        "aarch64-linux-gnu.2.17",
        "manylinux_2_17_aarch64.manylinux2014_aarch64",
        "libscallion.so",
        _system("Linux", "aarch64"),
        "-s",
    ),
    "macos-arm64": Platform(
        "aarch64-macos.11.0",
        "macosx_11_0_arm64",
        "libscallion.dylib",
        _system("Darwin", "arm64", **_APPLE),
    ),
    "macos-x86_64": Platform(
        "x86_64-macos.11.0",
        "macosx_11_0_x86_64",
        "libscallion.dylib",
        _system("Darwin", "x86_64", **_APPLE),
    ),
    "windows-x86_64": Platform(
        "x86_64-windows-gnu",
        "win_amd64",
        "scallion.dll",
        _system("Windows", "AMD64"),
        "-s",
    ),
}
