"""Everything of a publication that people open: workbook, CSV, report, board paper, database. One list for every tier."""

from pathlib import Path

from attrition.publish.publication import Publication

CSV = "csv"


def write_people_files(publication: Publication, folder: Path) -> None:
    """Writes the workbook (XLSX and ODS), the tables for people, the report, the board paper and the database into `folder`."""
    from attrition.publish.board_paper import write_board_paper
    from attrition.publish.database import write_database
    from attrition.publish.report import write_report
    from attrition.publish.table_files import write_csv
    from attrition.publish.workbook import write_workbooks

    write_workbooks(publication, folder)
    (folder / CSV).mkdir()
    write_csv(publication, folder / CSV)
    write_report(publication, folder / publication.file_name("report", "html"))
    write_board_paper(publication, folder / publication.file_name("board-paper", "docx"))
    write_database(publication, folder / publication.file_name("data", "duckdb"))


def rename_database(publication: Publication, folder: Path, run: str) -> None:
    """Gives the database the name of the run: it may lie beside that of another run of the same day."""
    for database in folder.glob(publication.file_name("data", "duckdb", run="*")):
        database.rename(folder / publication.file_name("data", "duckdb", run=run))
