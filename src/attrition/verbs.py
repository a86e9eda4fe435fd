"""What each verb of the command line does, once its arguments are read. Slow libraries are imported by the verb that needs
them; a fault is raised, and told by cli.py.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import clock
from attrition.errors import AlertUndelivered, UsageFault

if TYPE_CHECKING:
    from attrition.pipeline import Request


def _teller() -> Callable[[str], None]:
    began = time.monotonic()

    def tell(message: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {message}", file=sys.stderr, flush=True)

    return tell


def _warehouse(arguments: argparse.Namespace) -> Path:
    from attrition.warehouse import default_path

    return arguments.warehouse or default_path()


def run(arguments: argparse.Namespace) -> int:
    from attrition.pipeline import Request, prepare

    request = prepare(
        Request(
            arguments.landing,
            arguments.as_at,
            arguments.out,
            _warehouse(arguments),
            arguments.sources,
            arguments.config,
            arguments.now,
            arguments.owners,
        )
    )
    return _run_and_show(request, arguments.direct)


def _run_and_show(request: "Request", direct: bool) -> int:
    from attrition import pipeline
    from attrition.publish.headline import headline_text
    from attrition.quality import news

    tell = _teller()
    undelivered: AlertUndelivered | None = None
    try:
        if direct:
            tell("running without Prefect")
            published = pipeline.run(request, tell)
        else:
            from attrition.orchestration import run_flow

            published = run_flow(request, tell)
    except AlertUndelivered as fault:
        if fault.published is None:
            raise
        undelivered, published = fault, fault.published
    print(headline_text(published / "tables"))
    print()
    for label, pattern in (
        ("Report:", "*_report.html"),
        ("Workbook:", "*_tables.xlsx"),
        ("Paper:", "*_board-paper.docx"),
        ("Quality:", f"{pipeline.QUALITY}/quality.html"),
        ("Tables:", "tables"),
    ):
        for place in published.glob(pattern):
            print(f"{label:9} {place}")
    print()
    for line in news.read(published / pipeline.QUALITY):
        print(line)
    if undelivered:
        raise undelivered
    return 0


def demo(arguments: argparse.Namespace) -> int:
    import os
    import secrets
    import shutil

    from attrition.pipeline import Request
    from attrition.publish.publication import RELEASED
    from attrition.release.release import AUDIT, ReleaseRequest, release
    from attrition.sample import make_extracts
    from attrition.settings import KEY_FILE_VARIABLE, KEY_VARIABLE

    if arguments.incidents < 1:
        raise UsageFault("--incidents must be 1 or more.")
    folder = arguments.out.absolute()
    landing = folder / "extracts_MADE_UP"
    work = folder / "warehouse"
    publications = folder / "publications"
    released = [publications / name for name in (*RELEASED, AUDIT)]
    for made in (landing, work, *released):
        # Only what an earlier demo made is thrown away; anything else in the folder stays.
        if made.exists():
            shutil.rmtree(made)
    for needed in (landing, work):
        needed.mkdir(parents=True)
    tell = _teller()
    tell(f"making sample extracts of {arguments.incidents:,} incidents (made up)")
    make_extracts(landing, arguments.incidents, arguments.seed, arguments.as_at)
    # A key that nobody keeps: a demo's pseudonyms are never compared with any others.
    os.environ.pop(KEY_FILE_VARIABLE, None)
    os.environ[KEY_VARIABLE] = secrets.token_hex(32)
    request = Request(landing, arguments.as_at, publications, work / "warehouse.duckdb")
    code = _run_and_show(request, arguments.direct)
    for tier in RELEASED:
        tell(f"making the {tier} tier: small counts are hidden so that they cannot be worked out")
        made = release(
            ReleaseRequest(
                publications / (publications / "latest.txt").read_text().strip(), tier, None, True, publications, request.settings,
                request.today,
            ),
            tell,
        )  # fmt: skip
        print(f"{tier.capitalize() + ':':9} {next(made.glob('*_report.html'))}")
    print("\nEvery figure above is made up: it shows the program, nothing about any force.")
    return code


def check(arguments: argparse.Namespace) -> int:
    from attrition.preview import check_files

    now = arguments.now or clock.today()
    return check_files(arguments.files, arguments.sources, arguments.config, now, arguments.rows_to)


def map(arguments: argparse.Namespace) -> int:
    from attrition.ingest.draft import draft_mapping
    from attrition.ingest.draft_header import find_place
    from attrition.ingest.draft_summary import summary
    from attrition.ingest.file_name import shown_name
    from attrition.ingest.reading import open_file, sample_rows

    place = find_place(arguments.file, arguments.sheet)
    opened = open_file(arguments.file, place.layout, first_rows=20_000)
    source = arguments.source or "".join(c if c.isalnum() else "_" for c in arguments.file.stem.lower()).strip("_")
    draft = draft_mapping(
        opened.header,
        list(sample_rows(opened)),
        source=source,
        file_name=shown_name(arguments.file),
        extract=arguments.extract,
        place=place,
    )
    # The draft alone goes to the standard output, so that it can be sent to a file.
    told = sys.stdout if arguments.out else sys.stderr
    if arguments.out is None:
        print(draft)
    else:
        _write_new(arguments.out, draft)
        print(f"Draft written to {arguments.out}.")
    out = arguments.out or Path("mappings") / f"{source}.toml"
    for line in [*place.told, *_already_read(arguments.file, opened.header), *summary(draft)]:
        print(line, file=told)
    # As a shell takes them, of Windows too.
    file, folder = (f'"{path}"' if " " in str(path) else str(path) for path in (arguments.file, out.parent))
    print(f"Finish it (docs/map-your-extract.md), then try it: attrition check {file} --sources {folder}", file=told)
    return 0


def _already_read(path: Path, header: list[str]) -> list[str]:
    """A note where a shipped mapping reads the file as it is."""
    from attrition.contract import load_contract
    from attrition.ingest.landing import fitting_feeds
    from attrition.ingest.mapping import load_sources

    here = {name.casefold() for name in header}
    feeds = [
        feed
        for feed in fitting_feeds(path, load_sources())
        if all(
            source.casefold() in here
            for name in load_contract(feed.extract).required
            for source in feed.columns[name].source_columns
        )
    ]
    return [
        f"The mapping {feed.source} reads this file as {feed.extract} already: it needs no other, unless it should be read otherwise."
        for feed in feeds
    ]


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageFault(f"{path} is already there; name another file with --out.") from None
    except OSError:
        raise UsageFault(f"{path} cannot be written; name another file with --out.") from None


def accept(arguments: argparse.Namespace) -> int:
    from attrition import warehouse
    from attrition.ingest.ledger import release
    from attrition.settings import Settings

    path = warehouse.check_location(_warehouse(arguments))
    if not arguments.why.strip():
        raise UsageFault('--why must give a reason, for example --why "owner confirms the backlog".')
    if not path.exists():
        raise UsageFault(f"There is no warehouse at {path}, so nothing is held.")
    with warehouse.held(path), warehouse.connect(path, Settings()) as connection:
        warehouse.prepare(connection)
        file = release(connection, arguments.sha, arguments.why, arguments.now or clock.today())
    print(f"{file} is released; the next run loads it.")
    return 0


def case(arguments: argparse.Namespace) -> int:
    from attrition.casefile import show_case

    print(show_case(_warehouse(arguments), arguments.reference, arguments.as_at, arguments.config))
    return 0


def incidents(arguments: argparse.Namespace) -> int:
    import getpass

    from attrition import warehouse
    from attrition.quality import handling, incidents
    from attrition.settings import Settings

    needs = {"assign": "to", "silence": "until", "resolve": "why"}
    if arguments.what != "list" and not arguments.numbers:
        raise UsageFault(f"attrition incidents {arguments.what} needs the incident's number, as the list shows it.")
    if (key := needs.get(arguments.what)) and not getattr(arguments, key):
        raise UsageFault(f"attrition incidents {arguments.what} needs --{key}.")
    path = warehouse.check_location(_warehouse(arguments))
    if not path.exists():
        raise UsageFault(f"There is no warehouse at {path}. Run `attrition run` first, or name it with --warehouse.")
    who, now = arguments.by or getpass.getuser(), arguments.now or clock.today()
    said = []
    with warehouse.held(path), warehouse.connect(path, Settings()) as connection:
        incidents.prepare(connection)
        # Of several numbers, one that is none leaves all as they are.
        connection.execute("BEGIN")
        if arguments.what == "list":
            said.append(handling.list_text(connection, all_states=arguments.all))
        for number in arguments.numbers:
            if arguments.what == "show":
                said.append(handling.show_text(connection, number))
            elif arguments.what == "acknowledge":
                said.append(handling.acknowledge(connection, number, who, now))
            elif arguments.what == "assign":
                said.append(handling.assign(connection, number, arguments.to, who, now))
            elif arguments.what == "silence":
                said.append(handling.silence(connection, number, arguments.until, who, now))
            elif arguments.what == "resolve":
                said.append(handling.resolve(connection, number, arguments.why, who, now))
        connection.execute("COMMIT")
    print("\n\n".join(said) if arguments.what == "show" else "\n".join(said))
    return 0
