"""What the verbs do that take a finished publication: release a tier of it, verify it, open it."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from attrition import clock
from attrition.errors import UsageFault

_WHAT = {
    "report": "*_report.html",
    "workbook": "*_tables.xlsx",
    "paper": "*_board-paper.docx",
    "quality": "quality/quality.html",
}


def release(arguments: argparse.Namespace) -> int:
    """Makes the board or public tier of a publication."""
    from attrition.release.release import ReleaseRequest, register_path
    from attrition.release.release import release as make
    from attrition.settings import load_settings

    out = arguments.out or arguments.publication.absolute().parent
    if arguments.register is None and not arguments.first:
        usual = register_path(out, arguments.tier)
        if usual.exists():
            raise UsageFault(
                f"No register was named. That of the last {arguments.tier} release is probably {usual}: name it with --register."
            )
    made = make(
        ReleaseRequest(
            arguments.publication, arguments.tier, arguments.register, arguments.first, out, load_settings(arguments.config),
            arguments.now or clock.today(),
        ),
        lambda message: print(message, file=sys.stderr, flush=True),
    )  # fmt: skip
    print(f"Released: {made}")
    print(
        f"Register: {arguments.register or register_path(out, arguments.tier)} (restricted: keep it, the next release needs it)"
    )
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Holds a publication against its manifest."""
    from attrition.publish.manifest import read_manifest
    from attrition.publish.manifest import verify as hold

    files = hold(arguments.folder)
    print(f"{arguments.folder} is whole: {files} files as published. {read_manifest(arguments.folder)['title']}.")
    return 0


def open_publication(arguments: argparse.Namespace) -> int:
    """Opens something of the newest publication, or says where it is."""
    from attrition.publish.shelf import newest

    shelf = arguments.out if arguments.tier == "restricted" else arguments.out / arguments.tier
    folder = arguments.publication or newest(shelf)
    found: list[Path] = []
    if folder and folder.is_dir():
        found = [folder] if arguments.what == "folder" else sorted(folder.glob(_WHAT[arguments.what]))
    if not found:
        place = f"in {folder}" if folder else f"of a {arguments.tier} publication in {shelf}"
        raise UsageFault(
            f"There is no {arguments.what} {place}. Make one with `attrition run` or "
            "`attrition release`, or name another folder with --out."
        )
    thing = found[0].absolute()
    if not arguments.path and not _opened(thing):
        print("attrition: there is no browser here; open it on another machine:", file=sys.stderr)
    print(thing)
    return 0


def _opened(thing: Path) -> bool:
    """Opens a file or folder with the program that the machine has for it; False where it has none."""
    try:
        if hasattr(os, "startfile"):
            os.startfile(thing)
            return True
        return webbrowser.open(thing.as_uri())
    except OSError:
        return False
