"""Gathers the wheels that requirements.lock names, for Linux and Windows, into one folder for a network without an index.

Run: python .ci/wheelhouse.py FOLDER
"""

import subprocess
import sys
from pathlib import Path

PLATFORMS = {
    "linux": ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_12_x86_64", "manylinux2010_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64"],
    "windows": ["win_amd64"],
}  # fmt: skip
VERSIONS = ("3.11", "3.12", "3.13")


def requirements_for(system: str, version: str, lock: Path) -> list[str]:
    """The lines of the lock that hold for one system and Python version (pip itself judges by this machine's)."""
    from packaging.markers import Marker, default_environment

    environment = dict(default_environment())
    windows = system == "windows"
    environment |= {
        "sys_platform": "win32" if windows else "linux",
        "platform_system": "Windows" if windows else "Linux",
        "os_name": "nt" if windows else "posix",
        "platform_machine": "AMD64" if windows else "x86_64",
        "python_version": version,
        "python_full_version": f"{version}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    wanted, keep = [], False
    for stated_line in lock.read_text(encoding="utf-8").splitlines():
        line = stated_line
        if line and not line[0].isspace() and not line.startswith("#"):
            name, _, marker = line.rstrip("\\ ").partition(";")
            keep = not marker or Marker(marker.strip()).evaluate(environment)
            line = name.strip() + " \\"
        if keep and not line.strip().startswith("#"):
            wanted.append(line)
    return wanted


def main(folder: Path) -> None:
    """Downloads every wheel; a package without a wheel for a system ends the run and is named by pip."""
    lock = Path(__file__).resolve().parents[1] / "requirements.lock"
    folder.mkdir(parents=True, exist_ok=True)
    for system, platforms in PLATFORMS.items():
        for version in VERSIONS:
            listed = folder / f"requirements-{system}-{version}.txt"
            listed.write_text("\n".join(requirements_for(system, version, lock)) + "\n", encoding="utf-8")
            command = [
                sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes",
                "--only-binary", ":all:", "--implementation", "cp", "--python-version", version,
                "--dest", str(folder), "--requirement", str(listed),
            ]  # fmt: skip
            for platform in [*platforms, "any"]:
                command += ["--platform", platform]
            subprocess.run(command, check=True)
            listed.unlink()
            print(f"{system}, Python {version}: {sum(1 for _ in folder.glob('*.whl'))} wheels so far")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
