"""The workbook that people open, as XLSX and as ODS, both from one model: cover, contents, notes, then one table a sheet.

The layout is the one the Analysis Function recommends: no merged cells, no blank rows, shorthand explained.
"""

from pathlib import Path

from attrition.publish.publication import Publication
from attrition.publish.workbook_model import Workbook
from attrition.publish.workbook_sheets import SMALLEST_BASE


def workbook_of(publication: Publication, smallest_base: int = SMALLEST_BASE) -> Workbook:
    """The workbook of a publication, before it becomes a file.

    smallest_base: cases; beside a group of the restricted tier, a rate on a smaller base is shown as [u]; 0 shows every rate
    Raises AttritionError where a table is missing.
    """
    if publication.is_protected:
        from attrition.publish.workbook_released import released_workbook

        return released_workbook(publication)
    from attrition.publish.workbook_restricted import restricted_workbook

    return restricted_workbook(publication, smallest_base)


def write_workbooks(publication: Publication, folder: Path, smallest_base: int = SMALLEST_BASE) -> list[Path]:
    """Write the workbook into `folder` as XLSX and as ODS, and return both paths: the same cells twice.

    One publication always gives the same bytes. Raises AttritionError where a table is missing, OSError where a file cannot
    be written.
    """
    from attrition.publish.workbook_ods import write_ods
    from attrition.publish.workbook_xlsx import write_xlsx

    workbook = workbook_of(publication, smallest_base)
    files = [folder / publication.file_name("tables", suffix) for suffix in ("xlsx", "ods")]
    for file, write in zip(files, (write_xlsx, write_ods), strict=True):
        write(workbook, file)
    return files
