"""CSV for people, its description, and Parquet: every cell is that of its table, marks are merged, nothing becomes a formula."""

import csv
import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pytest
from protected_tables import made_up
from pyarrow import parquet
from workbook_reading import restricted

from attrition.errors import AttritionError
from attrition.publish.publication import Publication
from attrition.publish.spreadsheet_text import safe_in_csv
from attrition.publish.table_files import write_csv

RELEASED = ("changes", "curves", "days", "feeds", "fixed_age", "funnel", "reasons")


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> tuple[Publication, Path]:
    folder = tmp_path_factory.mktemp("board")
    publication = made_up(folder / "tables")
    write_csv(publication, folder / "csv")
    return publication, folder / "csv"


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def test_every_table_is_written_as_csv_description_and_parquet(board: tuple[Publication, Path]) -> None:
    _, folder = board
    stem = "hate-crime-attrition_2025-03-31_board_OFFICIAL_"
    wanted = {f"{stem}{table}{end}" for table in RELEASED for end in (".csv", ".csv-metadata.json", ".parquet")}
    assert {file.name for file in folder.iterdir()} == wanted


def test_the_csv_is_what_people_s_programs_expect(board: tuple[Publication, Path]) -> None:
    _, folder = board
    for file in folder.glob("*.csv"):
        content = file.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.endswith(b"\r\n")
        assert content.count(b"\n") == content.count(b"\r\n")
        lengths = {len(row) for row in csv.reader(content.decode("utf-8-sig").splitlines())}
        assert len(lengths) == 1


@pytest.mark.parametrize("table", RELEASED)
def test_marks_stand_in_the_cells_that_they_explain(board: tuple[Publication, Path], table: str) -> None:
    publication, folder = board
    rows = parquet.read_table(publication.tables / f"{table}.parquet").to_pylist()
    found = read(folder / publication.file_name(table, "csv"))
    assert list(found[0]) == [name for name in rows[0] if not name.endswith("_mark")]
    assert len(found) == len(rows)
    marks = 0
    for shown, row in zip(found, rows, strict=True):
        for name, cell in shown.items():
            figure = name.removesuffix("_lower").removesuffix("_upper")
            mark = row.get(f"{name}_mark") or row.get(f"{figure}_mark")
            value = row[name]
            if mark:
                assert cell == f"[{mark}]"
                marks += 1
            elif isinstance(value, float):
                assert float(cell) == value
            else:
                assert cell == ("" if value is None else str(value))
    assert (marks > 0) == any(name.endswith("_mark") for name in rows[0])


def test_a_number_behind_a_mark_is_never_written(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    file = publication.tables / "funnel.parquet"
    table = parquet.read_table(file)
    rows = [{**row, "open": 86420753} if row["open_mark"] == "c" else row for row in table.to_pylist()]
    assert any(row["open"] == 86420753 for row in rows)
    parquet.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)
    write_csv(publication, tmp_path / "csv")
    assert "86420753" not in (tmp_path / "csv" / publication.file_name("funnel", "csv")).read_text(encoding="utf-8")


def test_the_description_fits_its_file(board: tuple[Publication, Path]) -> None:
    publication, folder = board
    kinds = {"string": str, "integer": int, "number": float, "date": dt.date.fromisoformat}
    for file in folder.glob("*.csv"):
        described = json.loads((folder / f"{file.name}-metadata.json").read_text(encoding="utf-8"))
        assert described["@context"][0] == "http://www.w3.org/ns/csvw"
        assert described["url"] == file.name
        assert publication.title in described["dc:title"]
        assert described["dc:rights"] == publication.marked
        assert (described["dc:audience"], described["dc:accessRights"]) == ("board", "OFFICIAL")
        assert described["dc:type"] == "MADE-UP DATA"
        rows = read(file)
        columns = described["tableSchema"]["columns"]
        assert [column["name"] for column in columns] == list(rows[0])
        for column in columns:
            assert len(column["dc:description"]) > 15
            absent = {column["null"]} if isinstance(column["null"], str) else set(column["null"])
            for row in rows:
                if row[column["name"]] not in absent:
                    kinds[column["datatype"]](row[column["name"]])
        key = described["tableSchema"]["primaryKey"]
        assert len({tuple(row[name] for name in key) for row in rows}) == len(rows)
        if any("[c]" in row.values() for row in rows):
            assert "[c] confidential" in described["dc:description"]


def test_numbers_and_marks_are_described_with_unit_and_shorthand(board: tuple[Publication, Path]) -> None:
    publication, folder = board
    name = f"{publication.file_name('funnel', 'csv')}-metadata.json"
    columns = {
        one["name"]: one for one in json.loads((folder / name).read_text(encoding="utf-8"))["tableSchema"]["columns"]
    }
    assert columns["open"]["null"] == ["", "[c]", "[x]", "[z]", "[low]"]
    assert (columns["open"]["datatype"], columns["open"]["schema:unitText"]) == ("integer", "incident")
    assert columns["step_rate_lower"]["null"] == columns["open"]["null"]
    assert columns["stage"]["null"] == ""
    assert "step_rate_max" in columns["step_rate"]["dc:description"]


def test_parquet_keeps_types_and_marks_and_says_what_it_is(board: tuple[Publication, Path]) -> None:
    publication, folder = board
    for table in RELEASED:
        before = parquet.read_table(publication.tables / f"{table}.parquet")
        after = parquet.read_table(folder / publication.file_name(table, "parquet"))
        assert after.schema.equals(before.schema)
        assert after.to_pylist() == before.to_pylist()
        stated = {key.decode(): value.decode() for key, value in after.schema.metadata.items()}
        assert stated["title"] == publication.title
        assert (stated["tier"], stated["marking"], stated["made_up"]) == ("board", "OFFICIAL", "Y")
        assert stated["table"] == table
        assert all(field.metadata[b"description"] for field in after.schema)


def test_the_same_tables_give_the_same_bytes(board: tuple[Publication, Path], tmp_path: Path) -> None:
    publication, folder = board
    for file in write_csv(publication, tmp_path):
        assert file.read_bytes() == (folder / file.name).read_bytes()


def test_tables_without_rows_have_a_header(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    for file in publication.tables.glob("*.parquet"):
        parquet.write_table(parquet.read_schema(file).empty_table(), file)
    write_csv(publication, tmp_path / "csv")
    for file in (tmp_path / "csv").glob("*.csv"):
        assert file.read_bytes().count(b"\r\n") == 1


def test_the_restricted_tier_is_written_as_it_is(tables: Path, tmp_path: Path) -> None:
    publication = restricted(tables)
    written = write_csv(publication, tmp_path / "csv")
    assert len(written) == 3 * len(list(tables.glob("*.parquet")))
    assert {file.name.split("_")[2] for file in written} == {"restricted"}
    rows = parquet.read_table(tables / "funnel.parquet").to_pylist()
    found = read(tmp_path / "csv" / publication.file_name("funnel", "csv"))
    assert [int(row["lost"]) for row in found] == [row["lost"] for row in rows]
    assert {row["group"] for row in found} >= {"northumbria/=1+1"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+44 191", "-", "@SUM(A1)", "\t=1", "\rx", "\ttext", "  =1", "\xa0+1", "＝1", "=cmd|' /C calc'!A0"]
)
def test_text_that_could_be_read_as_a_formula_begins_with_an_apostrophe(text: str, tmp_path: Path) -> None:
    assert safe_in_csv(text) == f"'{text}"
    publication = made_up(tmp_path / "tables")
    file = publication.tables / "reasons.parquet"
    table = parquet.read_table(file)
    rows = [{**row, "reason_group": text} for row in table.to_pylist()]
    parquet.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)
    write_csv(publication, tmp_path / "csv")
    with (tmp_path / "csv" / publication.file_name("reasons", "csv")).open(encoding="utf-8-sig", newline="") as opened:
        assert {row["reason_group"] for row in csv.DictReader(opened)} == {f"'{text}"}
    # Programs that read Parquet know no formulas: there the text stays.
    assert set(
        parquet.read_table(tmp_path / "csv" / publication.file_name("reasons", "parquet"))["reason_group"].to_pylist()
    ) == {text}


@pytest.mark.parametrize("text", ["Durham", "1-2", "a=b", "[c]", "", "'quoted'", "2024/25"])
def test_other_text_stays(text: str) -> None:
    assert safe_in_csv(text) == text


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    differences = [-0.25, None, 0.5, -1.0]
    (tmp_path / "tables").mkdir()
    parquet.write_table(pa.table({"difference": differences}), tmp_path / "tables" / "disparity.parquet")
    publication = restricted(tmp_path / "tables")
    write_csv(publication, tmp_path / "csv")
    found = read(tmp_path / "csv" / publication.file_name("disparity", "csv"))
    assert [row["difference"] for row in found] == ["-0.25", "", "0.5", "-1.0"]


@pytest.mark.parametrize(("table", "column"), [("unheard_of", "group"), ("days", "unheard_of")])
def test_what_is_not_described_is_refused(table: str, column: str, tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    parquet.write_table(pa.table({column: ["a"]}), publication.tables / f"{table}.parquet")
    with pytest.raises(AttritionError, match="unheard_of"):
        write_csv(publication, tmp_path / "csv")
