"""A desk for small extract sets: writes them as files, loads them as a run does, and says which checks fail."""

import csv
import datetime as dt
from contextlib import ExitStack
from pathlib import Path

from attrition import models, warehouse
from attrition.contract import load_contract
from attrition.ingest.deliveries import ingest
from attrition.ingest.mapping import load_sources
from attrition.quality.evaluation import MODELS, Due, Evaluation, evaluate
from attrition.settings import Settings
from attrition.validate.checks import Check
from attrition.validate.rows import name_rows

AS_AT = dt.date(2025, 3, 31)
Row = dict[str, str]
Extracts = dict[str, list[Row]]


def incident(number: int = 1, **values: str) -> Row:
    """A clean incident: one crime, one victim, everything told."""
    row = {
        "force": "northumbria", "incident_id": f"I{number}", "incident_class": "crime", "crime_ref": f"C{number}",
        "reported_date": "2025-01-02", "recorded_date": "2025-01-02", "hate_race": "Y", "victim_type": "individual",
        "victim_ethnicity": "A1", "victim_age": "30", "local_authority": "E08000021", "reporting_channel": "101",
    }  # fmt: skip
    return row | values


def investigation(number: int = 1, **values: str) -> Row:
    """A clean investigation row: a suspect, a file to the CPS, a charge."""
    row = {
        "force": "northumbria", "crime_ref": f"C{number}", "suspect_id": f"S{number}", "suspect_identified_date": "2025-01-05",
        "investigating_unit": "response", "victim_support": "supports", "urn": f"10AB{number:05d}25",
        "file_submitted_date": "2025-01-10", "outcome_code": "1", "outcome_date": "2025-01-30",
    }  # fmt: skip
    return row | values


def cps(number: int = 1, **values: str) -> Row:
    """A clean CPS row: charged, heard, pleaded guilty, uplifted; its flags agree with the strands."""
    row = {
        "urn": f"10AB{number:05d}25", "defendant_id": f"D{number}", "received_date": "2025-01-11", "force": "northumbria",
        "police_crime_ref": f"C{number}", "decision": "charge", "decision_date": "2025-01-30",
        "first_hearing_date": "2025-02-20", "prosecution_outcome": "guilty_plea", "finalised_date": "2025-02-20",
        "uplift": "Y", "flag_race": "Y", "flag_religion": "N", "flag_sexual_orientation": "N", "flag_disability": "N",
        "flag_transgender": "N",
    }  # fmt: skip
    return row | values


def clean() -> Extracts:
    """One case that went all the way, with nothing amiss."""
    return {"incident": [incident()], "investigation": [investigation()], "cps": [cps()]}


def write(path: Path, extract: str, rows: list[Row], without: tuple[str, ...] = ()) -> None:
    """Writes rows in the contract's layout, all columns but those named; what a row does not tell is empty."""
    columns = [column for column in load_contract(extract).columns if column not in without]
    with path.open("w", encoding="utf-8", newline="") as file:
        made = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        made.writeheader()
        made.writerows(rows)


class Desk:
    """A landing folder and a warehouse in memory. `load` is one run's ingest; `judge` says what fails."""

    def __init__(self, folder: Path) -> None:
        self.landing = folder / "landing"
        self.work = folder / "work"
        self.landing.mkdir()
        self.work.mkdir()
        self.opened = ExitStack()
        self.connection = self.opened.enter_context(warehouse.connect(Path(":memory:"), Settings()))
        warehouse.prepare(self.connection)

    def put(self, name: str, extract: str, rows: list[Row], without: tuple[str, ...] = ()) -> Path:
        """A file in the landing folder."""
        path = self.landing / f"{name}.csv"
        write(path, extract, rows, without)
        return path

    def load(self, now: dt.date = AS_AT, sources: Path | None = None) -> None:
        """Loads what is new; a delivery that the gate holds stays held. `sources` is a folder of mappings beside the shipped ones."""
        ingest(self.connection, self.landing, load_sources(sources), b"k" * 32, Settings(), now)

    def evaluate(self, now: dt.date = AS_AT, due: Due | None = None, checks: list[Check] | None = None) -> Evaluation:
        """What the checks find as at the day."""
        models.prepare(self.connection)
        models.set_context(self.connection, now, Settings())
        name_rows(self.connection)
        models.build(self.connection, MODELS)
        return evaluate(self.connection, self.work, due or {}, checks or [], now)

    def judge(self, extracts: Extracts, **options: object) -> dict[tuple[str, str, str, str], int | None]:
        """Loads one file of each extract and returns the rows that fail by (rule, extract, area, column)."""
        for extract, rows in extracts.items():
            self.put(extract, extract, rows)
        self.load()
        return {one.key: one.rows for one in self.evaluate(**options).failing}  # type: ignore[arg-type]
