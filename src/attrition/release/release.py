"""Releases one tier of a finished publication: reads its exact tables and the register of past releases, and puts out what may be
given away; beside it, for the analysts alone, why each cell is hidden.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from attrition import __version__
from attrition.errors import AttritionError, InputRefused
from attrition.publish.manifest import MANIFEST, read_manifest, verify, write_manifest
from attrition.publish.people_files import rename_database, write_people_files
from attrition.publish.publication import Publication, Tier, marking_of
from attrition.publish.shelf import put_out, workshop
from attrition.release.audit import write_audit
from attrition.release.protecting import Protected, protect_release
from attrition.release.register import Release, read_register, restore_register, write_register
from attrition.release.rounding import rounding_of
from attrition.settings import Settings

AUDIT = "not-for-release"
_TABLES = ".tables"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class ReleaseRequest:
    """What is asked for.

    publication: folder of the restricted publication that the release is made of
    register: the register of past releases of the tier; it is replaced by the one with this release
    first: nothing was ever released in this tier
    out: the folder of publications; the release goes to `<out>/<tier>/<day>`
    """

    publication: Path
    tier: Tier
    register: Path | None
    first: bool
    out: Path
    settings: Settings
    today: dt.date


def release(request: ReleaseRequest, tell: Tell) -> Path:
    """Makes the release. Returns its folder.

    Raises InputRefused where the publication is not whole, UsageFault where the register is missing or nothing has closed since.
    """
    import shutil

    verify(request.publication)
    origin = read_manifest(request.publication)
    if origin["tier"] != "restricted":
        raise InputRefused(
            f"{request.publication} is not a restricted publication. Name the folder that `attrition run` made."
        )
    rounding = rounding_of(request.tier, request.settings)
    path = request.register or register_path(request.out, request.tier)
    named = path if request.register or request.first else None
    register = read_register(named, request.tier, rounding.threshold, rounding.base, request.first)
    as_at = dt.date.fromisoformat(origin["as_at"])
    name = request.publication.name
    this = Release(name, as_at, request.today, f"attrition {__version__}")
    protected = protect_release(
        request.publication / "tables", request.tier, register, this, rounding, request.settings.small_denominator, tell
    )
    shelf = request.out / request.tier
    folder = workshop(shelf, path.absolute())
    try:
        write_tables(protected, folder / _TABLES)
        publication = Publication(
            request.tier, marking_of(request.tier, request.settings), as_at, bool(origin["made_up"]), folder / _TABLES,
            f"attrition {__version__}", request.today, register.releases[-1].name if register.releases else "",
        )  # fmt: skip
        write_people_files(publication, folder)
        shutil.rmtree(folder / _TABLES)
        configuration = _configuration(request.settings)
        rows = {table: len(some) for table, some in protected.tables.items()}

        def finish(run: str) -> None:
            rename_database(publication, folder, run)
            write_manifest(folder, publication, configuration, origin["inputs"]["listed"], rows)

        # First the register: a release that is out but not in it could be undone by the next one.
        kept = write_register(path, register, protected.register)
        try:
            target = put_out(folder, shelf, as_at, finish)
        except AttritionError:
            restore_register(path, kept)
            raise
        kept.unlink(missing_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _write_aside(request, publication, protected, target, configuration, origin)
    tell(f"released {target}")
    return target


def register_path(out: Path, tier: Tier) -> Path:
    """Where the register of a tier is kept unless it is named."""
    return out / AUDIT / f"{tier}_register.duckdb"


def write_tables(protected: Protected, folder: Path) -> None:
    """Writes the protected tables as Parquet; one without rows keeps its columns."""
    import pyarrow as pa
    from pyarrow import parquet

    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in protected.tables.items():
        schema = schema_of(name)
        parquet.write_table(pa.Table.from_pylist(rows, schema), folder / f"{name}.parquet")


def schema_of(table: str) -> Any:
    """The columns of a protected table with their types: a table without rows has them too."""
    import pyarrow as pa

    text, day, whole, real = pa.string(), pa.date32(), pa.int64(), pa.float64()
    period = [("as_at", day), ("period_kind", text), ("period", text)]
    group = [("breakdown", text), ("group", text)]

    def marked(*names: str, kind: Any = whole) -> list[tuple[str, Any]]:
        return [column for name in names for column in ((name, kind), (f"{name}_mark", text))]

    def rate(name: str) -> list[tuple[str, Any]]:
        return [(name, real), (f"{name}_lower", real), (f"{name}_upper", real), (f"{name}_mark", text)]

    columns: dict[str, list[tuple[str, Any]]] = {
        "funnel": [
            *period, *group, ("stage", text), ("stage_order", whole), ("unit", text), ("covered", text), ("why", text),
            ("partial", text), *marked("entered", "progressed", "open", "resolved", "lost", "completed"), *rate("step_rate"), *rate("step_rate_max"),
            *rate("rate_of_recorded"), ("small", text),
        ],
        "reasons": [
            *period, *group, ("stage", text), ("stage_order", whole), ("exit", text), ("reason_group", text), ("unit", text), *marked("count"),
        ],
        "fixed_age": [
            *period, *group, ("stage", text), ("window_days", whole), ("unit", text), ("usable_from", day), *marked("old_enough", "reached"),
            *rate("rate"),
        ],
        "days": [
            *period, ("from_stage", text), ("to_stage", text), ("unit", text), *marked("median_weeks", "p75_weeks", "p90_weeks"),
        ],
        "curves": [
            *period, ("from_stage", text), ("to_stage", text), ("day", whole), ("unit", text), ("progressed", real), ("progressed_lower", real),
            ("progressed_upper", real), ("lost", real), ("resolved", real),
        ],
        "changes": [
            ("period_kind", text), ("period", text), *group, ("stage", text), ("column", text), ("unit", text), *marked("before", "now"),
        ],
        "feeds": [("extract", text), ("force", text), ("covers_from", day), ("covers_to", day), ("covered", text), ("why", text)],
    }  # fmt: skip
    return pa.schema(columns[table])


def _write_aside(
    request: ReleaseRequest,
    publication: Publication,
    protected: Protected,
    target: Path,
    configuration: dict[str, Any],
    origin: dict[str, Any],
) -> None:
    """Writes the audit sheet and the full manifest: restricted, since they undo the protection."""
    place = request.out / AUDIT / f"{request.tier}_{target.name}"
    place.mkdir(parents=True, exist_ok=True)
    aside = replace(publication, tier="restricted", marking=marking_of("restricted", request.settings), tables=place)
    write_audit(place / aside.file_name(f"{request.tier}-audit", "csv"), target.name, protected.added)
    full = {
        "made_of": request.publication.name,
        "made_of_manifest": origin,
        "release": json.loads((target / MANIFEST).read_text(encoding="utf-8")),
        "configuration": configuration,
        "releases": [
            {
                "name": one.name,
                "as_at": one.as_at.isoformat(),
                "made_on": one.made_on.isoformat(),
                "program": one.program,
            }
            for one in protected.register.releases
        ],
    }
    text = json.dumps(full, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (place / aside.file_name(f"{request.tier}-manifest", "json")).write_text(text, encoding="utf-8", newline="\n")


def _configuration(settings: Settings) -> dict[str, Any]:
    """What of the configuration a reader of a release may know: how counts are protected and rates judged."""
    return {
        name: value
        for name, value in asdict(settings).items()
        if name.startswith("disclosure_") or name.endswith("_days") or name == "small_denominator"
    }
