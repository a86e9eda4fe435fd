"""Every kind of broken file gives a clear message or a quarantined row: never a traceback, never a lost row, never a
value in a message, and nothing published from what was refused or held.
"""

import os
import re
from pathlib import Path

import pytest
from broken_kinds import HELD, KINDS, LOADED, REFUSED, TEXT_KINDS, TYPED_KINDS, Kind
from good_extracts import PERSONAL, ROWS, changed, edited, incidents, lines, parquet, text
from place import Place

from attrition import reference
from attrition.errors import InputRefused
from attrition.pipeline import ingest
from share_of_cases import first

FATES = "rows_read, accepted, duplicate, out_of_scope, quarantined"
WHOLE_RUNS = {"header_only", "not_finished", "folder_named_like_a_file"}
SHEET_KINDS = [kind for kind in TYPED_KINDS if kind.name.startswith("excel_with_")]
WITHOUT_PERMISSIONS = "this account reads every file, whatever its permissions"


def named(*wanted: int) -> list[Kind]:
    return [kind for kind in KINDS if kind.ends in wanted]


def by_name(kinds: list[Kind], usual: int = 1) -> pytest.MarkDecorator:
    """A test for each kind, in the usual suite for one of so many."""
    return pytest.mark.parametrize(
        "kind",
        [
            pytest.param(kind, id=kind.name, marks=pytest.mark.slow if at % usual else ())
            for at, kind in enumerate(kinds)
        ],
    )


def make(kind: Kind, place: Place) -> None:
    kind.write(place.landing)
    if kind.mapping:
        place.map(kind.mapping)


def assert_one_paragraph_for_each(message: str, files: list[str]) -> None:
    """Each paragraph names its file, says what is wrong and what to do, and that nothing was published."""
    paragraphs = message.strip().split("\n")
    assert len(paragraphs) == len(files)
    for paragraph, file in zip(sorted(paragraphs), sorted(files), strict=True):
        assert paragraph.startswith(f"{file}")
        assert len(re.findall(r'[.?!]"?(?: |$)', paragraph)) >= 2
        assert "othing was published" in paragraph or "nothing is published" in paragraph


def assert_nothing_published(place: Place) -> None:
    assert place.published() == []


def assert_fates_add_up(place: Place) -> None:
    for load in place.rows(f"SELECT {FATES} FROM load"):
        assert load[0] == sum(load[1:])


def quarantine(place: Place) -> dict[int, str]:
    """Reason by line of the incident rows in quarantine."""
    found = place.rows(
        "SELECT line, array_to_string(reasons, ' ') FROM quarantine JOIN load USING (load_id) "
        "WHERE extract = 'incident' ORDER BY line"
    )
    assert len({line for line, _ in found}) == len(found)
    return dict(found)


def test_there_are_kinds_enough() -> None:
    assert len(KINDS) >= 45
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_the_good_set_is_wholly_good(place: Place) -> None:
    (place.landing / "incident.csv").write_text(text(incidents()), encoding="utf-8", newline="")
    place.ingest()
    assert place.rows(f"SELECT {FATES} FROM load WHERE extract = 'incident'") == [(ROWS, ROWS, 0, 0, 0)]
    assert place.rows("SELECT count(*) FROM finding WHERE rule <> 'missing_column'") == [(0,)]


@by_name(named(REFUSED))
def test_a_refused_file_says_why_and_publishes_nothing(kind: Kind, place: Place) -> None:
    make(kind, place)
    code, message = place.run()
    assert code == REFUSED
    assert_one_paragraph_for_each(message, [kind.file])
    assert [part for part in kind.says if part not in message.lower()] == []
    assert_nothing_published(place)
    assert place.rows("SELECT count(*) FROM load") == [(0,)]


@by_name(named(HELD))
def test_a_held_file_says_why_and_publishes_nothing(kind: Kind, place: Place) -> None:
    make(kind, place)
    code, message = place.run()
    assert code == HELD
    assert_one_paragraph_for_each(message, [kind.file])
    assert [part for part in kind.says if part not in message.lower()] == []
    assert_nothing_published(place)
    assert_fates_add_up(place)
    assert place.rows("SELECT state FROM load WHERE extract = 'incident'") == [("held",)]
    assert place.rows("SELECT count(*) FROM incident") == [(0,)]
    assert kind.quarantined.items() <= quarantine(place).items()


@by_name(named(LOADED), usual=2)
def test_every_row_of_a_loaded_file_has_a_fate(kind: Kind, place: Place) -> None:
    make(kind, place)
    if kind.name in WHOLE_RUNS:
        code, message = place.run()
        assert (code, message) == (0, "")
        assert place.published() == ["2024-12-31", "latest.txt"]
    else:
        place.ingest()
    loads = place.rows(f"SELECT file, {FATES} FROM load WHERE extract = 'incident'")
    if kind.read is not None:
        stopped = len(kind.quarantined)
        assert loads == [(kind.file, kind.read, kind.read - stopped, 0, 0, stopped)]
    assert_fates_add_up(place)
    assert quarantine(place) == kind.quarantined
    assert place.rows("SELECT count(*) FROM incident") == [(sum(load[2] for load in loads),)]
    found = {rule for (rule,) in place.rows("SELECT DISTINCT rule FROM finding")}
    assert set(kind.findings) <= found
    assert found <= set(kind.findings) | {"missing_column"}
    told = "\n".join(place.told).lower()
    assert [part for part in kind.says if part not in told] == []
    if kind.read is not None:
        assert f"{kind.file.lower()}: {kind.read:,} rows read" in told
    # What is personal is stored nowhere, broken or not.
    place.close()
    assert PERSONAL.encode() not in place.request.warehouse.read_bytes()


CHECKED = [kind for kind in (*TEXT_KINDS, *SHEET_KINDS) if kind.ends in (HELD, REFUSED) or kind.quarantined]


@pytest.mark.parametrize(
    "kind", first(3, sorted(CHECKED, key=lambda kind: CHECKED.index(kind) % 3)), ids=lambda kind: kind.name
)
def test_check_says_before_sending_what_a_run_would_do(kind: Kind, place: Place) -> None:
    make(kind, place)
    code, verdict, error = place.command("check", place.landing / kind.file)
    assert (code, error) == (kind.ends, "")
    assert kind.file in verdict
    if kind.ends == LOADED:
        assert f"{kind.read:,} rows read" in verdict
        labels = {row["rule"]: row["label"] for row in reference.rows("rule")}
        reasons = {reason for listed in kind.quarantined.values() for reason in listed.split()}
        assert [reason for reason in reasons if labels[_rule(reason, labels)] not in verdict] == []


def test_a_mapping_is_drafted_from_below_titles(place: Place) -> None:
    (place.landing / "log.csv").write_bytes(b"sep=,\nHate incidents,,\nAs at,31 March,\n" + text(incidents()).encode())
    code, draft, error = place.command("map", place.landing / "log.csv")
    # The draft alone goes to the standard output, what is to be known of it beside it.
    assert code == 0 and "row 4" in error
    assert "incident_id" in draft
    assert "Hate incidents" not in draft


def _rule(reason: str, labels: dict[str, str]) -> str:
    """The rule that tells the owner of a reason for quarantine."""
    of_a_column = "quarantined_missing" if reason.startswith("missing_") else "quarantined_unreadable"
    own = f"quarantined_{reason}"
    if reason in {"unreadable_bytes", "cell_too_long"} or "_" not in reason:
        return "quarantined_unsplit"
    return own if own in labels else of_a_column


def test_all_refusals_are_told_at_once(place: Place) -> None:
    (place.landing / "incident.csv").write_bytes(b"")
    (place.landing / "investigation.csv").write_bytes(b"force;outcome\n")
    (place.landing / "cps.csv").write_bytes(bytes(100))
    code, message = place.run()
    assert code == REFUSED
    assert_one_paragraph_for_each(message, ["cps.csv", "incident.csv", "investigation.csv"])
    assert_nothing_published(place)


def test_a_landing_folder_without_extracts_is_refused(place: Place) -> None:
    (place.landing / "offences.csv").write_text(text(incidents()), encoding="utf-8", newline="")
    place.alone = True
    code, message = place.run()
    assert code == REFUSED
    assert "incident*.csv" in message
    assert_nothing_published(place)


def test_an_unreadable_row_waits_until_it_comes_right(place: Place) -> None:
    file = place.landing / "incident.csv"
    file.write_bytes(edited(4, lambda line: line.replace("2024-06-05", "05/06/2024")))
    place.ingest()
    assert quarantine(place) == {6: "unreadable_reported_date"}
    file.write_text(text(incidents()), encoding="utf-8", newline="")
    place.ingest()
    assert place.rows("SELECT count(*) FROM incident") == [(ROWS,)]
    assert place.rows("SELECT count(*) FROM quarantine WHERE mended_by IS NULL") == [(0,)]


def test_a_held_file_is_published_once_it_is_accepted(place: Place) -> None:
    parts = lines()
    parts[1:26] = [part.replace("northumbria", "nowhere") for part in parts[1:26]]
    (place.landing / "incident.csv").write_text("\n".join(parts) + "\n", encoding="utf-8", newline="")
    code, message = place.run()
    assert code == HELD
    assert "quarantine_share: 25 of 30 rows" in message and "(unreadable force: 25)" in message
    assert place.run() == (code, message)
    assert_nothing_published(place)
    found = re.search(r"attrition accept ([0-9a-f]+)", message)
    assert found
    released, _, _ = place.command(
        "accept", found[1], "--why", "owner confirms", "--warehouse", place.request.warehouse
    )
    assert released == 0
    code, message = place.run()
    assert (code, message) == (0, "")
    assert place.rows("SELECT accepted, quarantined FROM load WHERE extract = 'incident' AND state = 'loaded'") == [
        (5, 25)
    ]


def test_a_few_quarantined_rows_do_not_stop_a_publication(place: Place) -> None:
    """Under twenty rows the share does not count, however high it is."""
    parts = lines()
    parts[1:20] = [part.replace("northumbria", "nowhere") for part in parts[1:20]]
    (place.landing / "incident.csv").write_text("\n".join(parts) + "\n", encoding="utf-8", newline="")
    place.ingest()
    assert len(quarantine(place)) == 19


def test_a_file_that_grows_while_it_is_read_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    file = place.landing / "incident.csv"
    file.write_text(text(incidents()[:20]), encoding="utf-8", newline="")
    read = Path.read_bytes

    def slowly(path: Path) -> bytes:
        content = read(path)
        if path == file:
            with path.open("ab") as stream:
                stream.write(("\n".join(lines()[21:]) + "\n").encode())
        return content

    monkeypatch.setattr(Path, "read_bytes", slowly)
    code, message = place.run()
    assert code == REFUSED
    assert "still being written" in message
    assert_one_paragraph_for_each(message, [file.name])
    assert_nothing_published(place)


def test_a_file_that_changes_between_opening_and_loading_is_refused(place: Place) -> None:

    file = place.landing / "incident.csv"
    file.write_text(text(incidents()), encoding="utf-8", newline="")
    tell = place.told.append

    def changing(message: str) -> None:
        tell(message)
        if message.startswith("incident.csv: reading"):
            file.write_text(text(incidents()[:3]), encoding="utf-8", newline="")

    place.request.warehouse.parent.mkdir()
    with pytest.raises(InputRefused, match="changed while it was being read"):
        ingest(place.request, changing)
    assert place.rows("SELECT count(*) FROM load WHERE extract = 'incident'") == [(0,)]


def test_a_file_that_another_program_locks_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows has it, where an extract is open in Excel."""
    (place.landing / "incident.csv").write_text(text(incidents()), encoding="utf-8", newline="")
    read = Path.read_bytes

    def locked(path: Path) -> bytes:
        if path.name == "incident.csv":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", locked)
    code, message = place.run()
    assert code == REFUSED
    assert "close it in other programs" in message.lower()
    assert_one_paragraph_for_each(message, ["incident.csv"])
    assert_nothing_published(place)


@pytest.mark.skipif(os.name == "nt", reason="permissions of this kind do not exist on Windows")
def test_a_file_that_may_not_be_read_is_refused(place: Place) -> None:
    if os.geteuid() == 0:
        pytest.skip(WITHOUT_PERMISSIONS)
    file = place.landing / "incident.csv"
    file.write_text(text(incidents()), encoding="utf-8", newline="")
    file.chmod(0)
    code, message = place.run()
    assert code == REFUSED
    assert "may not be read" in message
    assert_one_paragraph_for_each(message, ["incident.csv"])
    assert_nothing_published(place)


def test_a_link_to_nothing_is_refused(place: Place) -> None:
    try:
        (place.landing / "incident.csv").symlink_to(place.landing / "gone.csv")
    except OSError:
        pytest.skip("this account may not make links")
    code, message = place.run()
    assert code == REFUSED
    assert "link" in message
    assert_one_paragraph_for_each(message, ["incident.csv"])
    assert_nothing_published(place)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_refused_and_not_waited_for(place: Place) -> None:
    os.mkfifo(place.landing / "incident.csv")
    code, message = place.run()
    assert code == REFUSED
    assert "ordinary file" in message
    assert_one_paragraph_for_each(message, ["incident.csv"])
    assert_nothing_published(place)


@pytest.mark.skipif(os.name == "nt", reason="a star cannot stand in a file name on Windows")
def test_a_star_in_a_name_stands_for_itself(place: Place) -> None:
    for number in (10, 20):
        name = "incident*.parquet" if number == 10 else "incident_2.parquet"
        parquet(place.landing / name, incidents()[:number])
    for number in (3, 4):
        name = "incident_x*.csv" if number == 3 else "incident_xy.csv"
        (place.landing / name).write_text(text(incidents()[:number]), encoding="utf-8", newline="")
    place.ingest()
    assert dict(place.rows("SELECT file, rows_read FROM load WHERE extract = 'incident'")) == {
        "incident*.parquet": 10,
        "incident_2.parquet": 20,
        "incident_x*.csv": 3,
        "incident_xy.csv": 4,
    }


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_folder_named_like_a_column_gives_no_values(ending: str, place: Place) -> None:
    """Some readers take `force=durham` in a path for a value of every row."""
    place.landing = place.landing.rename(place.landing.with_name("force=durham"))
    if ending == "csv":
        (place.landing / "incident.csv").write_text(text(incidents()), encoding="utf-8", newline="")
    else:
        parquet(place.landing / "incident.parquet", incidents())
    place.ingest()
    assert place.rows("SELECT DISTINCT force FROM incident") == [("northumbria",)]


@pytest.mark.parametrize("day", first(2, ["0024-06-04", "24-06-04", "9999-06-04", "2024-6-4"]))
def test_a_row_with_an_odd_year_has_one_fate(day: str, place: Place) -> None:
    """Such a day is a date or an unreadable one; either way the row stands in one place, and only there."""
    (place.landing / "incident.csv").write_text(text(changed(3, reported_date=day)), encoding="utf-8", newline="")
    place.ingest()
    assert_fates_add_up(place)
    accepted = place.rows("SELECT count(*) FROM incident WHERE incident_id = 'I0004'")[0][0]
    assert accepted + len(quarantine(place)) == 1
    assert place.rows("SELECT rows_read FROM load") == [(ROWS,)]
