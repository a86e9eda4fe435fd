"""The manifest of a publication: what it was made of, by what, and the hash of every file; and its verification.

The restricted tier's manifest names each input; those of the other tiers only how many there were, with one hash over them all.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrition import __version__, resources
from attrition.errors import InputRefused
from attrition.publish.publication import SUBJECT, Publication

MANIFEST = "manifest.json"
_FORMAT = 1
_CODE = ("sql", "expectations", "data/reference", "data/sources")
_ASSETS = "publish/assets"
# What programs leave beside a file while they hold it open, or after a folder was looked at.
_LEFT_BY_PROGRAMS = ("~$", ".~lock.", "Thumbs.db", "desktop.ini", ".DS_Store")


def code_sha256() -> str:
    """One hash over the program's own sources and resources: the version of the code, where there is no version control."""
    source = Path(__file__).resolve().parents[1]
    own = (*source.rglob("*.py"), *(path for path in (source / _ASSETS).rglob("*") if path.is_file()))
    files = {f"src/{path.relative_to(source).as_posix()}": path for path in own if "__pycache__" not in path.parts}
    for folder in _CODE:
        place = resources.path(folder)
        files |= {f"{folder}/{path.relative_to(place).as_posix()}": path for path in place.rglob("*") if path.is_file()}
    listed = "".join(f"{name} {_sha256(path)}\n" for name, path in sorted(files.items()) if "_resources" not in name)
    return hashlib.sha256(listed.encode()).hexdigest()


def write_manifest(
    folder: Path,
    publication: Publication,
    configuration: Mapping[str, Any],
    inputs: list[dict[str, Any]],
    rows: Mapping[str, int],
) -> None:
    """Writes `manifest.json` of a finished folder.

    configuration: settings; no paths, no secrets
    inputs: the files that it was made of, each with name, SHA-256 and what became of its rows
    rows: number of rows of each table
    """
    hashes = "".join(f"{entry['sha256']}\n" for entry in sorted(inputs, key=lambda entry: str(entry["sha256"])))
    inputs_sha256 = hashlib.sha256(hashes.encode()).hexdigest()
    content = {
        "format": _FORMAT,
        "subject": SUBJECT,
        "title": publication.title,
        "tier": publication.tier,
        "marking": publication.marked,
        "as_at": publication.as_at.isoformat(),
        "made_on": publication.made_on.isoformat() if publication.made_on else None,
        "made_up": publication.made_up,
        "unit": "incident",
        "program": f"attrition {__version__}",
        "code_sha256": code_sha256(),
        "configuration": dict(configuration),
        "configuration_sha256": _sha256_of(configuration),
        "inputs": {"files": len(inputs), "sha256": inputs_sha256}
        | ({} if publication.is_protected else {"listed": inputs}),
        "rows": dict(rows),
        "files": {
            path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path != folder / MANIFEST
        },
    }
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a publication. Raises InputRefused where there is none or it cannot be read."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        # Touched here, so that a manifest that lacks what its readers need is refused before anything is judged by it.
        _ = (
            [(entry["bytes"], entry["sha256"]) for entry in content["files"].values()],
            content["title"],
            content["tier"],
        )
        if content["format"] != _FORMAT:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputRefused(
            f"{folder} has no manifest that can be read, so nobody can say whether it is whole. Name the folder of a publication, such as "
            "publications/2025-03-31, or ask for it again."
        ) from None
    return dict(content)


def verify(folder: Path) -> int:
    """Holds every file of a publication against its manifest. Returns the number of files.

    Raises InputRefused naming each file that is missing, changed or not in the manifest.
    """
    listed = read_manifest(folder)["files"]
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path != folder / MANIFEST
    }
    faults = {
        "missing": sorted(set(listed) - set(found)),
        "changed": sorted(
            name for name in set(listed) & set(found)
            if found[name].stat().st_size != listed[name]["bytes"] or _sha256(found[name]) != listed[name]["sha256"]
        ),
        "not in the manifest": sorted(set(found) - set(listed)),
    }  # fmt: skip
    said = [f"{what}: {', '.join(names)}" for what, names in faults.items() if names]
    if said:
        raise InputRefused(
            f"{folder} is not as it was published; {'; '.join(said)}. {_advice(faults)}Use the original, or ask for it again."
        )
    return len(listed)


def _advice(faults: Mapping[str, list[str]]) -> str:
    """What to do about files that other programs left; nothing where there are none."""
    left = [name for name in faults["not in the manifest"] if name.rsplit("/", 1)[-1].startswith(_LEFT_BY_PROGRAMS)]
    if not left:
        return ""
    return f"Other programs left {', '.join(left)}: close what is open there, delete them and verify again. "


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256_of(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(dict(content), sort_keys=True).encode()).hexdigest()
