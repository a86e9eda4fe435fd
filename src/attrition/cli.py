"""The command `attrition`: arguments in, exit code out. Slow libraries are imported by the verb that needs them."""

import argparse
import datetime as dt
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import __version__
from attrition.errors import AlertUndelivered, AttritionError, UsageFault, paragraph

if TYPE_CHECKING:
    from attrition.pipeline import Request

_EXITS = """exit codes:
  0  done
  1  a fault of ours
  2  usage, configuration or mapping
  3  input refused: which file and why
  4  a quality gate stopped publication
  5  another run holds the warehouse
  6  an alert could not be delivered
"""


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("is not a day; write it as 2025-03-31") from None


class _Parser(argparse.ArgumentParser):
    """A parser that never takes an abbreviation, so that scripts keep their meaning."""

    def __init__(self, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="attrition",
        description="Shows where hate crime cases fall away between report and conviction, and why.",
        epilog="example:\n  attrition demo\n  attrition run --landing extracts --as-at 2025-03-31 --out publications\n\n"
        + _EXITS,
    )
    top.add_argument("--version", action="version", version=f"attrition {__version__}")
    top.add_argument("--debug", action="store_true", help="show the traceback of a fault")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    _add_run(verbs)
    _add_demo(verbs)
    _add_check(verbs)
    _add_map(verbs)
    _add_accept(verbs)
    _add_case(verbs)
    _add_incidents(verbs)
    return top


def _verb(
    verbs: "argparse._SubParsersAction[_Parser]", name: str, summary: str, example: str
) -> argparse.ArgumentParser:
    return verbs.add_parser(name, help=summary, description=summary, epilog=f"example:\n  {example}\n\n{_EXITS}")


def _places(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--warehouse", type=Path, metavar="FILE", help="warehouse on a local disk (default: your local data folder)"
    )
    verb.add_argument("--sources", type=Path, metavar="DIR", help="folder of your own source mappings")
    verb.add_argument("--config", type=Path, metavar="FILE", help="thresholds, as attrition.toml")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")


def _add_run(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        verbs,
        "run",
        "Load what is new, validate it, compute the funnels and publish them.",
        "attrition run --landing extracts --as-at 2025-03-31 --out publications",
    )
    verb.add_argument("--landing", type=Path, required=True, metavar="DIR", help="folder that holds the extracts")
    verb.add_argument(
        "--as-at", type=_day, required=True, metavar="DATE", help="only what had happened by the end of this day counts"
    )
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of publications")
    verb.add_argument("--direct", action="store_true", help="run without Prefect")
    verb.add_argument(
        "--owners", type=Path, metavar="FILE", help="who is told of data quality, as data_owners.toml (default: nobody)"
    )
    _places(verb)
    verb.set_defaults(action=_run)


def _add_demo(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        verbs,
        "demo",
        "Make sample extracts (made up) and run everything on them.",
        "attrition demo --out demo --incidents 3000",
    )
    verb.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="folder to fill (default: demo)")
    verb.add_argument("--incidents", type=int, default=3000, metavar="N", help="number of incidents (default: 3000)")
    verb.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the sample (default: 1)")
    verb.add_argument("--as-at", type=_day, default=dt.date(2025, 3, 31), metavar="DATE", help="default: 2025-03-31")
    verb.add_argument("--direct", action="store_true", help="run without Prefect")
    verb.set_defaults(action=_demo)


def _add_check(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        verbs,
        "check",
        "Test extract files before they are sent; nothing is stored.",
        "attrition check incident_2025-03.csv investigation_2025-03.csv --rows-to mend",
    )
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE")
    verb.add_argument("--sources", type=Path, metavar="DIR", help="folder of your own source mappings")
    verb.add_argument("--config", type=Path, metavar="FILE", help="thresholds, as attrition.toml")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")
    verb.add_argument("--rows-to", type=Path, metavar="DIR", help="write the rows to mend there, as CSV and XLSX")
    verb.set_defaults(action=_check)


def _add_map(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        verbs,
        "map",
        "Draft a source mapping from a file's headers and values, for an analyst to finish.",
        "attrition map rms_export.csv --source rms --out mappings/rms.toml",
    )
    verb.add_argument("file", type=Path, metavar="FILE")
    verb.add_argument("--extract", choices=("incident", "investigation", "cps", "cps_event"), help="default: guessed")
    verb.add_argument("--source", metavar="NAME", help="name of the mapping (default: from the file's name)")
    verb.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: the screen); never overwritten")
    verb.set_defaults(action=_map)


def _add_accept(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        verbs,
        "accept",
        "Release a delivery that the gate holds.",
        'attrition accept 3f2a9c01 --why "owner confirms: one-off backlog"',
    )
    verb.add_argument("sha", metavar="SHA", help="first characters of the file's SHA-256, as the run printed them")
    verb.add_argument("--why", required=True, metavar="TEXT", help="the reason, kept in the ledger")
    verb.add_argument("--warehouse", type=Path, metavar="FILE", help="warehouse (default: your local data folder)")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")
    verb.set_defaults(action=_accept)


def _add_case(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        verbs,
        "case",
        "Show one case's way through the stages, with the rows and rules that put it where it is.",
        "attrition case I00001071 --as-at 2025-03-31",
    )
    verb.add_argument("reference", metavar="REF", help="incident or crime reference, alone or as force/reference")
    verb.add_argument("--as-at", type=_day, metavar="DATE", help="default: the day of the last publication")
    verb.add_argument("--warehouse", type=Path, metavar="FILE", help="warehouse (default: your local data folder)")
    verb.add_argument("--config", type=Path, metavar="FILE", help="thresholds, as attrition.toml")
    verb.set_defaults(action=_case)


def _add_incidents(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        verbs,
        "incidents",
        "List data-quality incidents, show one, or say what is done about it.",
        'attrition incidents resolve 12 --why "owner confirms: a new unit, the numbers are right"',
    )
    verb.add_argument(
        "what", nargs="?", choices=("list", "show", "acknowledge", "assign", "silence", "resolve"), default="list"
    )
    verb.add_argument("number", nargs="?", type=int, metavar="NUMBER", help="the incident, as the list shows it")
    verb.add_argument("--all", action="store_true", help="list those that are mended or resolved too")
    verb.add_argument("--to", metavar="NAME", help="assign: to whom")
    verb.add_argument("--until", type=_day, metavar="DATE", help="silence: until the end of this day")
    verb.add_argument("--why", metavar="TEXT", help="resolve: the reason, kept for ever")
    verb.add_argument("--by", default="", metavar="NAME", help="who says so (default: the name of this account)")
    verb.add_argument("--warehouse", type=Path, metavar="FILE", help="warehouse (default: your local data folder)")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")
    verb.set_defaults(action=_incidents)


def _teller() -> Callable[[str], None]:
    began = time.monotonic()

    def tell(message: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {message}", file=sys.stderr, flush=True)

    return tell


def _warehouse(arguments: argparse.Namespace) -> Path:
    from attrition.warehouse import default_path

    return arguments.warehouse or default_path()


def _run(arguments: argparse.Namespace) -> int:
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
    print(f"\nTables:   {published / 'tables'}")
    for workbook in sorted(published.glob("*.xlsx")):
        print(f"Workbook: {workbook}")
    print(f"Quality:  {published / pipeline.QUALITY / 'quality.html'}")
    if undelivered:
        raise undelivered
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    import os
    import secrets
    import shutil

    from attrition.pipeline import Request
    from attrition.sample import make_extracts
    from attrition.settings import KEY_FILE_VARIABLE, KEY_VARIABLE

    if arguments.incidents < 1:
        raise UsageFault("--incidents must be 1 or more.")
    folder = arguments.out.absolute()
    landing = folder / "extracts_MADE_UP"
    work = folder / "warehouse"
    for made in (landing, work):
        # Only what an earlier demo made is thrown away; anything else in the folder stays.
        if made.exists():
            shutil.rmtree(made)
        made.mkdir(parents=True)
    tell = _teller()
    tell(f"making sample extracts of {arguments.incidents:,} incidents (made up)")
    make_extracts(landing, arguments.incidents, arguments.seed, arguments.as_at)
    # A key that nobody keeps: a demo's pseudonyms are never compared with any others.
    os.environ.pop(KEY_FILE_VARIABLE, None)
    os.environ[KEY_VARIABLE] = secrets.token_hex(32)
    request = Request(landing, arguments.as_at, folder / "publications", work / "warehouse.duckdb")
    code = _run_and_show(request, arguments.direct)
    print("\nEvery figure above is made up: it shows the program, nothing about any force.")
    return code


def _check(arguments: argparse.Namespace) -> int:
    from attrition.preview import check_files

    now = arguments.now or dt.date.today()
    return check_files(arguments.files, arguments.sources, arguments.config, now, arguments.rows_to)


def _map(arguments: argparse.Namespace) -> int:
    from attrition.ingest.draft import draft_mapping
    from attrition.ingest.reading import open_file, sample_rows

    opened = open_file(arguments.file, first_rows=20_000)
    source = arguments.source or "".join(c if c.isalnum() else "_" for c in arguments.file.stem.lower()).strip("_")
    draft = draft_mapping(
        opened.header,
        list(sample_rows(opened)),
        source=source,
        file_name=arguments.file.name,
        extract=arguments.extract,
    )
    if arguments.out is None:
        print(draft)
        return 0
    try:
        with arguments.out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(draft)
    except FileExistsError:
        raise UsageFault(f"{arguments.out} is already there; name another file with --out.") from None
    except OSError:
        raise UsageFault(f"{arguments.out} cannot be written; name another file with --out.") from None
    print(
        f"Draft written to {arguments.out}. Finish it, then try it: attrition check {arguments.file} --sources {arguments.out.parent}"
    )
    return 0


def _accept(arguments: argparse.Namespace) -> int:
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
        file = release(connection, arguments.sha, arguments.why, arguments.now or dt.date.today())
    print(f"{file} is released; the next run loads it.")
    return 0


def _case(arguments: argparse.Namespace) -> int:
    from attrition.casefile import show_case

    print(show_case(_warehouse(arguments), arguments.reference, arguments.as_at, arguments.config))
    return 0


def _incidents(arguments: argparse.Namespace) -> int:
    import getpass

    from attrition import warehouse
    from attrition.quality import handling, incidents
    from attrition.settings import Settings

    needs = {"assign": "to", "silence": "until", "resolve": "why"}
    if arguments.what != "list" and arguments.number is None:
        raise UsageFault(f"attrition incidents {arguments.what} needs the incident's number, as the list shows it.")
    if (key := needs.get(arguments.what)) and not getattr(arguments, key):
        raise UsageFault(f"attrition incidents {arguments.what} needs --{key}.")
    path = warehouse.check_location(_warehouse(arguments))
    if not path.exists():
        raise UsageFault(f"There is no warehouse at {path}. Run `attrition run` first, or name it with --warehouse.")
    who, now, number = arguments.by or getpass.getuser(), arguments.now or dt.date.today(), arguments.number
    with warehouse.held(path), warehouse.connect(path, Settings()) as connection:
        incidents.prepare(connection)
        if arguments.what == "list":
            said = handling.list_text(connection, all_states=arguments.all)
        elif arguments.what == "show":
            said = handling.show_text(connection, number)
        elif arguments.what == "acknowledge":
            said = handling.acknowledge(connection, number, who, now)
        elif arguments.what == "assign":
            said = handling.assign(connection, number, arguments.to, who, now)
        elif arguments.what == "silence":
            said = handling.silence(connection, number, arguments.until, who, now)
        else:
            said = handling.resolve(connection, number, arguments.why, who, now)
    print(said)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb and returns the exit code; every fault becomes one paragraph."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may not know every sign; a run must not end for that.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    stated = parser().parse_args(arguments)
    try:
        return int(stated.action(stated))
    except AttritionError as fault:
        if stated.debug:
            raise
        print(f"attrition: {fault}", file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt:
        print(
            "attrition: stopped; nothing was published. The next run goes on where this one stopped.", file=sys.stderr
        )
        return 1
    except Exception as fault:
        if stated.debug:
            raise
        print(f"attrition: {paragraph(fault)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
