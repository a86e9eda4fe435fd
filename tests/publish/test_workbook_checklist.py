"""The Analysis Function's checklist for spreadsheets, one test a rule, on the files of all tiers."""

import re
from typing import Any

import openpyxl
import pytest
from workbook_files import FO, LINK, OFFICE, STYLE, TABLE, TEXT, Files, areas, cells_of_file, part

SHORTHAND = re.compile(r"\[(?:c|x|z|u|low)\]")


@pytest.fixture(scope="module")
def opened() -> dict[str, Any]:
    """Workbooks that openpyxl has read, by path."""
    return {}


@pytest.fixture
def book(files: Files, opened: dict[str, Any]) -> Any:
    """The XLSX of one tier after the other."""
    if files.xlsx.name not in opened:
        opened[files.xlsx.name] = openpyxl.load_workbook(files.xlsx)
    return opened[files.xlsx.name]


def _area(sheet: Any) -> Any:
    (table,) = sheet.tables.values()
    return sheet[table.ref]


def test_the_cover_comes_first_then_contents_and_notes(files: Files, book: Any) -> None:
    assert book.sheetnames[:4] == ["Cover", "Contents", "Notes", "Headline"]
    assert list(cells_of_file(files.ods)) == book.sheetnames


def test_the_title_stands_in_the_first_cell(files: Files, book: Any) -> None:
    for name, rows in cells_of_file(files.ods).items():
        assert rows[0][0] == book[name]["A1"].value
        assert len(rows[0]) == 1
        assert re.search("[a-z]", rows[0][0])


def test_titles_are_unique(book: Any) -> None:
    titles = [sheet["A1"].value for sheet in book.worksheets]
    assert len(set(titles)) == len(titles)


def test_tier_and_marking_stand_on_every_sheet(files: Files, book: Any) -> None:
    publication = files.publication
    cover = "\n".join(str(row[0].value) for row in book["Cover"].iter_rows())
    assert f"Tier: {publication.tier}. {publication.marking}: " in cover
    for sheet in book.worksheets[1:]:
        assert sheet["A3"].value.startswith(f"Tier: {publication.tier}. {publication.marking}: ")
        assert sheet["A3"].value.endswith("MADE-UP DATA.") == publication.made_up


def test_tier_and_marking_stand_on_every_printed_page(files: Files, book: Any) -> None:
    publication = files.publication
    for sheet in book.worksheets:
        assert f"Tier: {publication.tier}. {publication.marking}: " in sheet.oddHeader.left.text
        assert publication.title in sheet.oddFooter.left.text
    pages = list(part(files.ods, "styles.xml").iter(f"{STYLE}master-page"))
    assert pages
    for page in pages:
        said = "".join(page.itertext())
        assert f"Tier: {publication.tier}. {publication.marking}: " in said
        assert publication.title in said


def test_no_cells_are_merged(files: Files, book: Any) -> None:
    assert not any(sheet.merged_cells.ranges for sheet in book.worksheets)
    content = part(files.ods, "content.xml")
    spans = (f"{TABLE}number-columns-spanned", f"{TABLE}number-rows-spanned")
    assert not any(cell.get(span) for cell in content.iter(f"{TABLE}table-cell") for span in spans)
    assert not list(content.iter(f"{TABLE}covered-table-cell"))


def test_there_are_no_blank_rows_or_columns(files: Files, book: Any) -> None:
    for name, rows in cells_of_file(files.ods).items():
        assert all(row and row[0] not in ("", None) for row in rows), name
    for sheet in book.worksheets[1:]:
        area = _area(sheet)
        assert area[0][0].column == 1
        assert area[-1][0].row == sheet.max_row
        assert area[0][-1].column == sheet.max_column
        assert not any(cell.value in ("", None) for row in area for cell in row), sheet.title


def test_each_sheet_has_one_table_marked_as_such(files: Files, book: Any) -> None:
    marked = areas(files.ods)
    assert list(marked) == book.sheetnames[1:]
    names = [name for name, *_ in marked.values()]
    assert len(set(names)) == len(names)
    for sheet in book.worksheets[1:]:
        (table,) = sheet.tables.values()
        assert table.headerRowCount == 1
        assert marked[sheet.title][:3] == (table.displayName, _area(sheet)[0][0].row, len(_area(sheet)))


def test_a_table_has_one_row_of_headings_all_different(book: Any) -> None:
    for sheet in book.worksheets[1:]:
        headings = [str(cell.value) for cell in _area(sheet)[0]]
        assert all(re.search("[A-Za-z0-9]", heading) for heading in headings)
        assert len(set(headings)) == len(headings), sheet.title


def test_the_unit_is_stated(book: Any) -> None:
    assert all(sheet["A2"].value.startswith("Unit: ") for sheet in book.worksheets[1:])


def test_the_day_is_stated(book: Any) -> None:
    assert all("As at 31 March 2025" in sheet["A2"].value for sheet in book.worksheets[1:])


def test_the_source_is_stated_with_how_far_it_reaches(book: Any) -> None:
    for sheet in book.worksheets[3:]:
        last = sheet.cell(_area(sheet)[0][0].row - 1, 1).value
        assert last.startswith("Source: Hate incidents: reaches 31 March 2025; Police investigations: reaches"), (
            sheet.title
        )
        assert "CPS cases: reaches" in last


def test_that_there_is_one_table_is_said(book: Any) -> None:
    assert all(sheet["A4"].value.startswith("This worksheet contains one table.") for sheet in book.worksheets[1:])


def test_shorthand_is_explained_above_the_table_that_uses_it(book: Any) -> None:
    for sheet in book.worksheets[3:]:
        area = _area(sheet)
        used = {cell.value for row in area for cell in row if SHORTHAND.fullmatch(str(cell.value))}
        above = [str(sheet.cell(row, 1).value) for row in range(1, area[0][0].row)]
        explained = {text.split(" ")[0] for text in above if SHORTHAND.match(text) and len(text) > 15}
        assert used == explained, sheet.title


def test_no_symbol_stands_for_a_figure(book: Any) -> None:
    for sheet in book.worksheets[3:]:
        for row in _area(sheet)[1:]:
            assert not any(cell.value in ("*", ".", "..", ":", "-", "~", "..") for cell in row)


def test_notes_that_are_referred_to_exist(book: Any) -> None:
    notes = {row[0].value for row in _area(book["Notes"])[1:]}
    assert len(notes) > 10
    referred = {
        f"Note {number}"
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
        for number in re.findall(r"\[?note (\d+)[\])\.]", cell.value)
    }
    assert referred <= notes


def test_the_contents_list_and_lead_to_every_sheet(files: Files, book: Any) -> None:
    listed = _area(book["Contents"])[1:]
    assert [row[0].value for row in listed] == book.sheetnames[2:]
    assert [row[1].value for row in listed] == [book[name]["A1"].value for name in book.sheetnames[2:]]
    assert [row[0].hyperlink.location for row in listed] == [f"'{name}'!A1" for name in book.sheetnames[2:]]
    links = list(part(files.ods, "content.xml").iter(f"{TEXT}a"))
    assert [link.get(LINK) for link in links] == [f"#'{name}'.A1" for name in book.sheetnames[2:]]


def test_names_of_sheets_are_short_and_unique(book: Any) -> None:
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\']", name) for name in book.sheetnames)
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)


def test_nothing_is_hidden(files: Files, book: Any) -> None:
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible"
        assert not any(row.hidden for row in sheet.row_dimensions.values())
        assert not any(column.hidden for column in sheet.column_dimensions.values())
    content = part(files.ods, "content.xml")
    assert {style.get(f"{TABLE}display") for style in content.iter(f"{STYLE}table-properties")} == {"true"}
    assert not [element for element in content.iter() if element.get(f"{TABLE}visibility")]


def test_there_are_no_pictures_charts_comments_or_formulas(files: Files, book: Any) -> None:
    assert not any(sheet._images or sheet._charts for sheet in book.worksheets)
    assert not any(
        cell.comment or cell.data_type == "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    )
    content = part(files.ods, "content.xml")
    assert not [element for element in content.iter() if element.get(f"{TABLE}formula")]
    assert not [element for element in content.iter() if "drawing" in str(element.tag)]


def test_headings_stay_in_sight(files: Files, book: Any) -> None:
    for sheet in book.worksheets[1:]:
        assert int(re.sub(r"\D", "", sheet.freeze_panes)) == _area(sheet)[0][0].row + 1
    settings = part(files.ods, "settings.xml")
    config = "{urn:oasis:names:tc:opendocument:xmlns:config:1.0}"
    frozen = {
        entry.get(f"{config}name"): {item.get(f"{config}name"): item.text for item in entry}
        for tables in settings.iter(f"{config}config-item-map-named")
        for entry in tables
    }
    assert list(frozen) == book.sheetnames[1:]
    for sheet in book.worksheets[1:]:
        row, column = sheet.sheet_view.pane.ySplit, sheet.sheet_view.pane.xSplit or 0
        assert frozen[sheet.title]["VerticalSplitMode"] == "2"
        assert int(frozen[sheet.title]["VerticalSplitPosition"]) == row
        assert int(frozen[sheet.title]["HorizontalSplitPosition"]) == column


def test_headings_are_wrapped_and_repeated_on_each_printed_page(files: Files, book: Any) -> None:
    for sheet in book.worksheets[1:]:
        heading = _area(sheet)[0]
        assert all(cell.alignment.wrap_text for cell in heading)
        row = heading[0].row
        assert sheet.print_title_rows in (f"${row}:${row}", f"{row}:{row}")
    content = part(files.ods, "content.xml")
    wraps = {
        style.get(f"{STYLE}name"): style.find(f"{STYLE}table-cell-properties").get(f"{FO}wrap-option")
        for style in content.iter(f"{STYLE}style")
        if style.get(f"{STYLE}family") == "table-cell"
    }
    headers = list(content.iter(f"{TABLE}table-header-rows"))
    assert len(headers) == len(book.sheetnames) - 1
    assert {
        wraps[cell.get(f"{TABLE}style-name")] for header in headers for cell in header.iter(f"{TABLE}table-cell")
    } == {"wrap"}


def test_numbers_stand_right_and_text_left(files: Files, book: Any) -> None:
    for sheet in book.worksheets[3:]:
        for column in zip(*_area(sheet), strict=True):
            formats = {cell.number_format for cell in column[1:]}
            assert len(formats) == 1
            sides = {cell.alignment.horizontal for cell in column}
            assert sides == ({"left"} if formats == {"@"} else {"right"}), (sheet.title, column[0].value)
    content = part(files.ods, "content.xml")
    sides = {
        style.get(f"{STYLE}name"): style.find(f"{STYLE}paragraph-properties").get(f"{FO}text-align")
        for style in content.iter(f"{STYLE}style")
        if style.get(f"{STYLE}family") == "table-cell"
    }
    for cell in content.iter(f"{TABLE}table-cell"):
        if cell.get(f"{OFFICE}value-type") in ("float", "percentage"):
            assert sides[cell.get(f"{TABLE}style-name")] == "end"


def test_numbers_are_kept_as_numbers(files: Files, book: Any) -> None:
    for sheet in book.worksheets[3:]:
        for column in zip(*_area(sheet), strict=True):
            if column[1].number_format != "@":
                assert all(cell.data_type == "n" or SHORTHAND.fullmatch(cell.value) for cell in column[1:]), sheet.title
    for cell in part(files.ods, "content.xml").iter(f"{TABLE}table-cell"):
        if cell.get(f"{OFFICE}value-type") == "string":
            assert not re.fullmatch(r"-?[\d,]+(\.\d+)?%", "".join(cell.itertext()))


def test_a_long_table_has_filters_in_both_files(files: Files, book: Any) -> None:
    with_filters = {sheet.title for sheet in book.worksheets[1:] if next(iter(sheet.tables.values())).autoFilter}
    assert "All figures" in with_filters
    assert "Headline" not in with_filters
    assert {name for name, (*_, filters) in areas(files.ods).items() if filters} == with_filters


def test_title_language_and_marking_stand_in_the_properties(files: Files, book: Any) -> None:
    publication = files.publication
    properties = book.properties
    assert properties.title == publication.title
    assert properties.language == "en-GB"
    for stated in (properties.subject, properties.keywords, properties.category):
        assert publication.tier in stated
        assert publication.marking in stated
    assert properties.creator in (None, "")
    own = {one.name: one.value for one in book.custom_doc_props.props}
    assert own == {"Tier": publication.tier, "Marking": publication.marking}
    meta = part(files.ods, "meta.xml")
    said = {element.tag.split("}")[1]: element.text for element in meta.iter() if element.text and element.text.strip()}
    assert said["title"] == publication.title
    assert said["language"] == "en-GB"
    words = [element.text for element in meta.iter() if element.tag.endswith("keyword")]
    assert {f"tier {publication.tier}", publication.marking} <= set(words)
    assert ("MADE-UP DATA" in words) == publication.made_up == ("MADE-UP DATA" in properties.keywords)
    (default,) = part(files.ods, "styles.xml").iter(f"{STYLE}default-style")
    (text,) = default.iter(f"{STYLE}text-properties")
    assert (text.get(f"{FO}language"), text.get(f"{FO}country")) == ("en", "GB")


def test_the_type_is_plain_and_large_enough(book: Any) -> None:
    for sheet in book.worksheets:
        assert {
            (cell.font.name, cell.font.sz >= 12) for row in sheet.iter_rows(max_row=20) for cell in row if cell.value
        } == {("Arial", True)}
