"""The matrix: for each rule an extract set that must fire it, and one as near to it as can be that must not."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from quality_desk import AS_AT, Desk, Extracts, Row, clean, cps, incident, investigation

from attrition import models, reference
from attrition.quality.calendar import parse_schedule
from attrition.settings import Settings
from attrition.validate.checks import COULD_NOT_RUN, PASSED, Check

Made = Callable[[], Extracts]
Owner = tuple[str, str, str]
"""Extract, area and column of the check that must fail."""

POLICE: Owner = ("investigation", "northumbria", "")
REPORT: Owner = ("incident", "northumbria", "")
AREA: Owner = ("cps", "north-east", "")


def made(
    incidents: list[Row] | None = None, investigations: list[Row] | None = None, cases: list[Row] | None = None
) -> Made:
    """An extract set in which the named extracts take the place of the clean ones."""
    whole = clean()
    if incidents is not None:
        whole["incident"] = incidents
    if investigations is not None:
        whole["investigation"] = investigations
    if cases is not None:
        whole["cps"] = cases
    return lambda: whole


def many(number: int, lacking: int, **values: str) -> list[Row]:
    """So many incidents, of which the first few lack what `values` blanks."""
    return [incident(n, **(values if n <= lacking else {})) for n in range(1, number + 1)]


UNCHARGED = {"outcome_code": "15", "file_submitted_date": "", "urn": ""}
BUSINESS = {"victim_type": "business", "business_type": "takeaway"}
ROWS: dict[str, tuple[Owner, int, Made, Made]] = {
    "unreadable_date": (
        ("incident", "northumbria", "recorded_date"), 1,
        made([incident(recorded_date="31/02/2025")]), made([incident(recorded_date="")]),
    ),
    "placeholder": (
        ("investigation", "northumbria", "urn"), 1,
        made(None, [investigation(urn=" t.b.c. ")], []), made(None, [investigation(urn="10TBC0000125")], []),
    ),
    "unknown_code": (
        ("incident", "northumbria", "reporting_channel"), 1,
        made([incident(reporting_channel="pigeon")]), made([incident(reporting_channel="ONLINE")]),
    ),
    "out_of_range": (
        ("incident", "northumbria", "victim_age"), 1, made([incident(victim_age="121")]), made([incident(victim_age="120")]),
    ),
    "code_without_date": (
        ("investigation", "northumbria", "outcome_code"), 1,
        made(None, [investigation(), investigation(outcome_code="15", outcome_date="")]),
        made(None, [investigation(), investigation(outcome_code="", outcome_date="")]),
    ),
    "reference_damaged": (
        ("incident", "northumbria", "crime_ref"), 1,
        made([incident(), incident(2, crime_ref="2.4E+15")]), made([incident(), incident(2, crime_ref="2E15")]),
    ),
    "quarantined_missing": (
        ("incident", "northumbria", "crime_ref"), 1,
        made([incident(), incident(2, crime_ref="")]), made([incident(), incident(2, incident_class="non_crime", crime_ref="")]),
    ),
    "quarantined_unreadable": (
        ("incident", "northumbria", "reported_date"), 1,
        made([incident(), incident(2, reported_date="soon")]), made([incident(), incident(2, reported_date="2025-01-02 10:00")]),
    ),
    "quarantined_conflicting_duplicate": (
        REPORT, 1, made([incident(), incident(victim_age="31")]), made([incident(), incident()]),
    ),
    "implied_suspect_identified": (
        ("incident", "northumbria", ""), 1,
        made(None, [investigation(suspect_id="", suspect_identified_date="", outcome_code="", outcome_date="")]),
        made(None, [investigation(suspect_identified_date="")]),
    ),
    "implied_referred": (
        REPORT, 1,
        made([incident(), incident(2)], [investigation(), investigation(2, urn="", file_submitted_date="")]),
        made([incident(), incident(2)], [investigation(), investigation(2, urn="")]),
    ),
    "implied_charged": (
        REPORT, 1,
        made(None, [investigation(outcome_code="", outcome_date="")], [cps(decision="", decision_date="")]),
        made(None, [investigation()], [cps(decision="", decision_date="")]),
    ),
    "no_strand": (REPORT, 1, made([incident(hate_race="")], cases=[]), made([incident(hate_race="", hate_local="gender")], cases=[])),
    "suspect_before_report": (
        POLICE, 1, made(None, [investigation(suspect_identified_date="2025-01-01")]), made(None, [investigation(suspect_identified_date="2025-01-02")]),
    ),
    "references_do_not_meet": (
        ("investigation", "northumbria", "crime_ref"), 5,
        made([incident(n) for n in range(1, 6)], [investigation(n) for n in range(6, 8)], []),
        made([incident(n) for n in range(1, 11)], [investigation(10)], []),
    ),
    "references_spelt_otherwise": (
        ("investigation", "northumbria", "crime_ref"), 1,
        made([incident(n) for n in range(1, 6)], [*(investigation(n) for n in range(1, 5)), investigation(5, crime_ref="C-5")], []),
        made([incident(n) for n in range(1, 6)], [*(investigation(n) for n in range(1, 5)), investigation(5, crime_ref="C-6")], []),
    ),
    "low_investigation_rate": (
        REPORT, 7,
        made([incident(n) for n in range(1, 31)], [investigation(n) for n in range(8, 31)], []),
        made([incident(n) for n in range(1, 31)], [investigation(n) for n in range(7, 31)], []),
    ),
    "reference_crowded": (
        ("investigation", "northumbria", "suspect_id"), 5,
        made([incident(n) for n in range(1, 11)], [investigation(n, **({"suspect_id": "S"} if n <= 5 else {})) for n in range(1, 11)], []),
        made([incident(n) for n in range(1, 11)], [investigation(n, **({"suspect_id": "S"} if n <= 4 else {})) for n in range(1, 11)], []),
    ),
    "status_without_date": (
        REPORT, 1,
        made([incident(record_status="cancelled")]), made([incident(record_status="cancelled", status_date="2025-03-01")]),
    ),
    "non_crime_with_crime_ref": (
        REPORT, 1,
        made([incident(), incident(2, incident_class="non_crime")]),
        made([incident(), incident(2, incident_class="non_crime", crime_ref="")]),
    ),
    "outcome_contradiction": (
        POLICE, 2,
        made(None, [investigation(), investigation(outcome_code="18")]),
        made(None, [investigation(), investigation(outcome_code="18", outcome_date="2025-01-29")]),
    ),
    "outcome_without_suspect": (
        POLICE, 1,
        made([incident(), incident(2)], [investigation(), investigation(2, suspect_id="", suspect_identified_date="", **UNCHARGED)]),
        made([incident(), incident(2)], [investigation(), investigation(2, **UNCHARGED)]),
    ),
    "suspect_without_outcome": (
        POLICE, 1,
        made([incident(), incident(2)], [investigation(), investigation(2, **UNCHARGED | {"outcome_code": "18"})]),
        made(
            [incident(), incident(2)],
            [investigation(), investigation(2, suspect_id="", suspect_identified_date="", **UNCHARGED | {"outcome_code": "18"})],
        ),
    ),
    "investigation_unlinked": (
        POLICE, 1, made(None, [investigation(), investigation(7)]), made([incident(), incident(7)], [investigation(), investigation(7)]),
    ),
    "cps_unlinked": (AREA, 1, made(None, None, [cps(), cps(7)]), made(None, None, [cps(), cps(defendant_id="D8")])),
    "urn_shared": (
        AREA, 1,
        made([incident(), incident(2)], [investigation(), investigation(2, urn="10AB0000125")], [cps(police_crime_ref="")]),
        made([incident(), incident(2)], [investigation(), investigation(2, urn="10AB0000125")], [cps()]),
    ),
    "urn_of_another_crime": (
        AREA, 1, made(None, None, [cps(police_crime_ref="C7")]), made(None, None, [cps(police_crime_ref="")]),
    ),
    "urn_in_two_forces": (
        ("investigation", "durham", ""), 1,
        made([incident(), incident(2, force="durham")], [investigation(), investigation(2, force="durham", urn="10 ab 0000125")]),
        made([incident(), incident(2, force="durham")], [investigation(), investigation(2, force="durham")]),
    ),
    "charge_reversed": (
        REPORT, 1,
        made(None, [investigation(), investigation(outcome_code="15", outcome_date="2025-02-02")], [cps(decision="charge", first_hearing_date="", prosecution_outcome="", finalised_date="")]),
        made(None, [investigation(), investigation(outcome_code="15", outcome_date="2025-01-29")], [cps(decision="charge", first_hearing_date="", prosecution_outcome="", finalised_date="")]),
    ),
    "authorised_not_issued": (
        REPORT, 1,
        made(None, [investigation(outcome_code="", outcome_date="")], [cps(decision_date="2025-03-03", first_hearing_date="", prosecution_outcome="", finalised_date="")]),
        made(None, [investigation(outcome_code="", outcome_date="")], [cps(decision_date="2025-03-04", first_hearing_date="", prosecution_outcome="", finalised_date="")]),
    ),
    "flag_without_strand": (AREA, 1, made(None, None, [cps(flag_disability="Y")]), made(None, None, [cps(flag_disability="")])),
    "strand_without_flag": (AREA, 1, made(None, None, [cps(flag_race="N")]), made(None, None, [cps(flag_race="")])),
    "recorded_before_reported": (
        REPORT, 1, made([incident(recorded_date="2025-01-01")]), made([incident(recorded_date="2025-01-03")]),
    ),
    "outcome_before_report": (
        POLICE, 1,
        made(None, [investigation(), investigation(outcome_code="18", outcome_date="2025-01-01")]),
        made(None, [investigation(), investigation(outcome_code="18", outcome_date="2025-01-02")]),
    ),
    "submitted_before_report": (
        POLICE, 1, made(None, [investigation(file_submitted_date="2025-01-01")]), made(None, [investigation(file_submitted_date="2025-01-02")]),
    ),
    "received_before_report": (
        AREA, 1, made(None, None, [cps(received_date="2025-01-01")]), made(None, None, [cps(received_date="2025-01-02")]),
    ),
    "suspect_date_without_suspect": (
        POLICE, 1,
        made(None, [investigation(), investigation(suspect_id="", outcome_code="", outcome_date="")]),
        made(None, [investigation(), investigation(suspect_id="", suspect_identified_date="", outcome_code="", outcome_date="")]),
    ),
    "decided_before_received": (
        AREA, 1, made(None, None, [cps(decision_date="2025-01-10")]), made(None, None, [cps(decision_date="2025-01-11")]),
    ),
    "hearing_before_received": (
        AREA, 1, made(None, None, [cps(first_hearing_date="2025-01-10")]), made(None, None, [cps(first_hearing_date="2025-01-11")]),
    ),
    "date_without_code": (
        AREA, 2,
        made(None, None, [cps(decision="", first_hearing_date=""), cps(defendant_id="D2", prosecution_outcome="", uplift="")]),
        made(None, None, [cps(decision="", decision_date=""), cps(defendant_id="D2", prosecution_outcome="", finalised_date="", uplift="")]),
    ),
    "finalised_before_hearing": (
        AREA, 1, made(None, None, [cps(finalised_date="2025-02-19")]), made(None, None, [cps(finalised_date="2025-02-21")]),
    ),
    "decision_without_date": (
        AREA, 1, made(None, None, [cps(decision_date="")]), made(None, None, [cps(decision="further_information", decision_date="", first_hearing_date="", prosecution_outcome="", finalised_date="")]),
    ),
    "outcome_without_date": (AREA, 1, made(None, None, [cps(finalised_date="")]), made(None, None, [cps(prosecution_outcome="", finalised_date="")])),
    "incomplete_victim_ethnicity": (
        ("incident", "northumbria", "victim_ethnicity"), 26,
        made(many(50, 26, victim_ethnicity=""), [], []), made(many(50, 25, victim_ethnicity=""), [], []),
    ),
    "incomplete_business_type": (
        ("incident", "northumbria", "business_type"), 7,
        made([incident(n, **BUSINESS | ({"business_type": ""} if n <= 7 else {})) for n in range(1, 31)], [], []),
        made([incident(n, **BUSINESS | ({"business_type": ""} if n <= 6 else {})) for n in range(1, 31)], [], []),
    ),
    "incomplete_local_authority": (
        ("incident", "northumbria", "local_authority"), 6,
        made(many(50, 6, local_authority=""), [], []), made(many(50, 5, local_authority=""), [], []),
    ),
    "low_link_rate": (
        AREA, 7,
        made([incident(n) for n in range(8, 31)], [investigation(n) for n in range(8, 31)], [cps(n) for n in range(1, 31)]),
        made([incident(n) for n in range(7, 31)], [investigation(n) for n in range(7, 31)], [cps(n) for n in range(1, 31)]),
    ),
    "low_receipt_rate": (
        AREA, 5,
        made([incident(n) for n in range(1, 21)], [investigation(n) for n in range(1, 21)], [cps(n) for n in range(6, 21)]),
        made([incident(n) for n in range(1, 21)], [investigation(n) for n in range(1, 21)], [cps(n) for n in range(5, 21)]),
    ),
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made_desk = Desk(tmp_path)
    yield made_desk
    made_desk.opened.close()


def test_nothing_fires_on_a_clean_set(desk: Desk) -> None:
    assert desk.judge(clean()) == {}


# One force of each CPS Area, so that what the checks of one set hold is its own. Two forces in one set: it is judged alone.
FORCES = {row["cps_area"]: row["code"] for row in reference.rows("force") if row["cps_area"]}
TOGETHER = [rule for rule in ROWS if rule != "urn_in_two_forces"]
BATCHES = [TOGETHER[at : at + len(FORCES)] for at in range(0, len(TOGETHER), len(FORCES))]
Keys = dict[tuple[str, str, str, str], int | None]


def moved(extracts: Extracts, force: str, number: int) -> Extracts:
    """The set as another force would send it, with URNs and defendants of its own."""
    own = {"10AB": f"{number:02}AB", "10 ab": f"{number:02} ab"}

    def told(column: str, cell: str) -> str:
        if column == "force":
            return force
        for theirs, ours in own.items():
            cell = cell.replace(theirs, ours) if column == "urn" else cell
        return f"{cell}x{number}" if column == "defendant_id" and cell else cell

    return {
        extract: [{column: told(column, cell) for column, cell in row.items()} for row in rows]
        for extract, rows in extracts.items()
    }


def judged_together(folder: Path, which: int) -> dict[str, Keys]:
    """What fails of each rule's set (2: the one that fires it, 3: the one beside it), by rule and as the set's own owner sees it."""
    found: dict[str, Keys] = {}
    for number, batch in enumerate(BATCHES):
        (apart := folder / str(number)).mkdir()
        desk, owners = Desk(apart), {}
        together: Extracts = {"incident": [], "investigation": [], "cps": []}
        for of, (rule, (area, force)) in enumerate(zip(batch, FORCES.items(), strict=False)):
            owners[rule] = {("police", force): "northumbria", ("cps", area): "north-east"}
            for extract, rows in moved(ROWS[rule][which](), force, of + 11).items():  # type: ignore[operator]
                together[extract] += rows
        failing_here = desk.judge(together)
        desk.opened.close()
        for rule, areas in owners.items():
            placed = {key: areas.get(("cps" if key[1] == "cps" else "police", key[2])) for key in failing_here}
            found[rule] = {
                (key[0], key[1], place, key[3]): rows for key, rows in failing_here.items() if (place := placed[key])
            }
    return found


@pytest.fixture(scope="module")
def fired(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Keys]:
    return judged_together(tmp_path_factory.mktemp("fires"), 2)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Keys]:
    return judged_together(tmp_path_factory.mktemp("beside"), 3)


@pytest.mark.parametrize("rule", TOGETHER)
def test_fires_with_the_right_owner_and_count(rule: str, fired: dict[str, Keys]) -> None:
    owner, rows, _, _ = ROWS[rule]
    assert fired[rule].get((rule, *owner)) == rows


@pytest.mark.parametrize("rule", TOGETHER)
def test_does_not_fire_beside_it(rule: str, beside: dict[str, Keys]) -> None:
    assert [key for key in beside[rule] if key[0] == rule] == []


def test_a_urn_in_two_forces(desk: Desk) -> None:
    owner, rows, fires, _ = ROWS["urn_in_two_forces"]
    assert desk.judge(fires()).get(("urn_in_two_forces", *owner)) == rows


def test_a_urn_of_each_of_two_forces(desk: Desk) -> None:
    assert "urn_in_two_forces" not in rules(desk.judge(ROWS["urn_in_two_forces"][3]()))


def failing(desk: Desk, **options: object) -> dict[tuple[str, str, str, str], int | None]:
    return {one.key: one.rows for one in desk.evaluate(**options).failing}  # type: ignore[arg-type]


def told(desk: Desk) -> set[tuple[str, str, str, str]]:
    """What is amiss with deliveries as a whole, by the one check that says so: the other checks are not built."""
    models.prepare(desk.connection)
    models.set_context(desk.connection, AS_AT, Settings())
    models.build(desk.connection, ["check_feed"])
    return set(desk.connection.execute("SELECT rule, extract, area, column_name FROM check_feed").fetchall())


def rules(found: Iterable[tuple[str, str, str, str]]) -> set[str]:
    return {key[0] for key in found}


def test_torn_and_unreadable_rows(desk: Desk) -> None:
    path = desk.put("incident", "incident", [incident(n) for n in range(1, 5)])
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_bytes(("\n".join([*lines[:3], "torn,row", *lines[3:]]) + "\n").encode())
    desk.load()
    assert failing(desk).get(("quarantined_wrong_number_of_columns", *REPORT)) == 1


def test_a_cell_that_is_too_long(desk: Desk) -> None:
    desk.put("incident", "incident", [incident(), incident(2, area_command="x" * 40_000)])
    desk.load()
    assert failing(desk).get(("quarantined_unsplit", *REPORT)) == 1


def test_prosecuted_is_implied_by_a_conviction_without_a_day_in_court(desk: Desk) -> None:
    # A conviction that counts is finalised by the day, and so is its prosecution: this rule cannot fire from extracts.
    found = desk.judge(made(None, None, [cps(first_hearing_date="")])())
    assert "implied_prosecuted" not in rules(found)


def test_an_incomplete_set(desk: Desk) -> None:
    desk.judge(clean())
    desk.put(
        "investigation_2",
        "investigation",
        [
            investigation(),
            investigation(crime_ref="C1", outcome_date="never", outcome_code="16"),
            investigation(force="nowhere"),
        ],
    )
    desk.load()
    assert "set_incomplete" not in rules(failing(desk))
    desk.put("cps_2", "cps", [cps(defendant_id="D9"), cps(received_date="never")])
    desk.load()
    assert failing(desk).get(("set_incomplete", *AREA)) == 1


def test_a_reference_used_again_a_year_later(desk: Desk) -> None:
    desk.put("incident_1", "incident", [incident(reported_date="2024-01-02", recorded_date="")])
    desk.load()
    desk.put("incident_2", "incident", [incident(reported_date="2025-01-01", recorded_date="")])
    desk.load()
    assert "replaced_far_apart" not in rules(failing(desk))
    desk.put("incident_3", "incident", [incident(reported_date="2024-01-01", recorded_date="")])
    desk.load()
    assert failing(desk).get(("replaced_far_apart", *REPORT)) == 1


def test_a_crime_told_with_fewer_rows(desk: Desk) -> None:
    desk.judge(clean())
    two = [investigation(), investigation(suspect_id="S9")]
    desk.put("investigation_2", "investigation", two)
    desk.load()
    desk.put("investigation_3", "investigation", [two[0], {**two[1], "suspect_id": "S8"}])
    desk.load()
    assert "fewer_rows" not in rules(failing(desk))
    desk.put("investigation_4", "investigation", [{**two[0], "investigating_unit": "cid"}])
    desk.load()
    assert failing(desk).get(("fewer_rows", *POLICE)) == 1


def test_columns_missing_extra_and_gone(desk: Desk) -> None:
    desk.put("incident_1", "incident", [incident()], without=("religion_targeted",))
    desk.load()
    found = told(desk)
    assert ("missing_column", "incident", "northumbria", "religion_targeted") in found
    assert "schema_drift" not in rules(found)
    desk.put("incident_2", "incident", [incident(2)], without=("religion_targeted", "victim_sex"))
    desk.load()
    found = told(desk)
    assert [key for key in found if key[0] == "schema_drift"] == [
        ("schema_drift", "incident", "northumbria", "victim_sex")
    ]
    desk.put("incident_3", "incident", [incident(3)])
    desk.load()
    assert rules(failing(desk)) == {"feed_missing"}


def test_a_rare_column_that_empties(desk: Desk) -> None:
    # 4 of 100 rows told a local strand; that none of 200 does may be chance (0.96^200 = 2.8e-4).
    desk.put("incident_1", "incident", [incident(n, hate_local="age" if n < 4 else "") for n in range(100)])
    desk.put("incident_2", "incident", [incident(n) for n in range(100, 300)])
    desk.load()
    assert "column_emptied" not in rules(told(desk))
    # 4 of these 300 rows: none of 700 has (296 / 300)^700 = 8.4e-5.
    desk.put("incident_3", "incident", [incident(n) for n in range(300, 1000)])
    desk.load()
    assert ("column_emptied", "incident", "northumbria", "hate_local") in told(desk)


def test_columns_that_the_mapping_does_not_name(desk: Desk) -> None:
    path = desk.put("incident", "incident", [incident()])
    header, line = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{header},shoe_size\n{line},9\n", encoding="utf-8", newline="\n")
    desk.load()
    assert rules(failing(desk)) == {"extra_column", "feed_missing"}


def test_a_delivery_that_meets_less_than_the_others(desk: Desk) -> None:
    desk.put("incident_1", "incident", [incident(n) for n in range(1, 41)])
    desk.put("investigation_1", "investigation", [investigation(n) for n in range(1, 41)])
    desk.load()
    desk.put("investigation_2", "investigation", [investigation(n) for n in range(22, 42)])
    desk.load()
    assert "references_meet_less" not in rules(failing(desk))
    desk.put("investigation_3", "investigation", [investigation(n) for n in range(35, 55)])
    desk.load()
    assert failing(desk).get(("references_meet_less", "investigation", "northumbria", "crime_ref")) == 14


def test_a_guessed_encoding(desk: Desk) -> None:
    path = desk.put("incident", "incident", [incident(area_command="Cornér")])
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    desk.load()
    assert rules(failing(desk)) == {"encoding_guessed", "feed_missing"}


def test_dates_that_cannot_be_read(desk: Desk) -> None:
    wanted = ("dates_unreadable", "incident", "northumbria", "recorded_date")
    # Five of a hundred are one in twenty and not more; of ninety-nine they are more; four are too few to tell.
    for filled, unread, is_told in ((100, 5, False), (99, 5, True), (5, 4, False)):
        rows = [incident(n, recorded_date="03/01/2025" if n <= unread else "2025-01-03") for n in range(1, filled + 1)]
        desk.put(f"incident_{filled}", "incident", rows)
        desk.load()
        assert (wanted in told(desk)) == is_told


def test_rows_that_make_one(desk: Desk, tmp_path: Path) -> None:
    mapping = tmp_path / "register.toml"
    mapping.write_text(
        'source = "register"\n[[feed]]\nextract = "incident"\nfiles = ["incident_register*"]\ndelivery = "update"\ncolumns = "same"\n'
        'one_row_per = ["force", "incident_id", "victim_no"]\n'
        'roll_up = { others = "first", status_date = "with record_status" }\n',
        encoding="utf-8",
    )
    desk.put("incident_register", "incident", [incident(), incident(offence_code="9B"), incident(2)])
    desk.load(sources=tmp_path)
    assert failing(desk).get(("rolled_up", *REPORT)) == 1
    desk.put("incident_register", "incident", [incident(), incident(), incident(2, offence_code="9B")])
    desk.load(sources=tmp_path)
    assert rules(failing(desk)) == {"feed_missing"}


def test_an_extract_that_has_never_come(desk: Desk) -> None:
    desk.put("incident", "incident", [incident()])
    desk.put("investigation", "investigation", [investigation()])
    desk.load()
    assert [key for key in failing(desk) if key[0] == "feed_missing"] == [("feed_missing", *AREA)]
    desk.put("cps", "cps", [cps()])
    desk.load()
    assert "feed_missing" not in rules(failing(desk))


def test_an_extract_that_ends_before_the_others(desk: Desk) -> None:
    # Reported a week before the day: the incidents reach it, the investigations of January do not.
    desk.judge(clean() | {"incident": [incident(reported_date="2025-03-24", recorded_date="")]})
    assert ("feed_behind", *POLICE) in failing(desk)
    desk.put("investigation_2", "investigation", [investigation(outcome_date="2025-03-24")])
    desk.load()
    assert ("feed_behind", *POLICE) not in failing(desk)


def test_a_column_that_no_row_fills(desk: Desk) -> None:
    told = ("evidence_not_told", "investigation", "northumbria", "suspect_id")
    nobody = {"suspect_id": "", "suspect_identified_date": "", "outcome_code": "18"}
    desk.put("incident", "incident", [incident(n) for n in range(20)])
    desk.put("investigation_1", "investigation", [investigation(n, **nobody) for n in range(19)])
    desk.load()
    assert told not in failing(desk)
    desk.put("investigation_2", "investigation", [investigation(19, **nobody)])
    desk.load()
    assert told in failing(desk)
    desk.put("investigation_3", "investigation", [investigation(19)])
    desk.load()
    assert told not in failing(desk)


def test_a_column_that_tells_records_otherwise_than_before(desk: Desk) -> None:
    def aged(changed: int, before: str, after: str) -> list[Row]:
        return [incident(n, victim_age=after if n < changed else before) for n in range(100)]

    wanted = ("values_changed", "incident", "northumbria", "victim_age")
    for name, rows, is_told in (
        ("incident_1", aged(0, "30", ""), False),
        ("incident_2", aged(9, "30", "31"), False),
        ("incident_3", aged(19, "30", "31"), True),  # ten more than before
        ("incident_4", aged(60, "30", ""), False),  # no longer told is not told otherwise
    ):
        desk.put(name, "incident", rows)
        desk.load()
        assert (wanted in told(desk)) == is_told


def test_a_crime_that_is_investigated_otherwise_than_before(desk: Desk) -> None:
    desk.put("investigation_1", "investigation", [investigation(n) for n in range(20)])
    desk.put("incident_1", "incident", [incident(n) for n in range(20)])
    desk.load()
    for name, changed, is_told in (("investigation_2", 9, False), ("investigation_3", 19, True)):
        rows = [investigation(n, investigating_unit="cid" if n < changed else "response") for n in range(20)]
        desk.put(name, "investigation", rows)
        desk.load()
        found = ("values_changed", "investigation", "northumbria", "investigating_unit") in told(desk)
        assert found == is_told


def test_a_column_with_values_unseen_before(desk: Desk) -> None:
    wanted = ("values_unseen", "incident", "northumbria", "offence_code")
    desk.put("incident_1", "incident", [incident(n, offence_code="8P" if n % 2 else "") for n in range(50)])
    desk.load()
    assert wanted not in told(desk)
    for name, others, is_told in (("incident_2", 9, False), ("incident_3", 20, True), ("incident_4", 20, False)):
        rows = [incident(n, offence_code=f"9B{name}" if n < 100 + others else "8p") for n in range(100, 150)]
        if name == "incident_4":  # what came before is seen
            rows = [row | {"offence_code": row["offence_code"].replace("4", "3"), "victim_age": "31"} for row in rows]
        desk.put(name, "incident", rows)
        desk.load()
        assert (wanted in told(desk)) == is_told


def test_a_column_whose_values_are_shared_out_otherwise(desk: Desk) -> None:
    """The share of a value moves by three in ten: of 39 rows and the 50 before them by 25 in 89, of 50 by more."""
    wanted = ("values_shifted", "incident", "northumbria", "comparison")
    for name, compared, of, is_told in (
        ("incident_1", 0, 50, False), ("incident_2", 14, 50, False), ("incident_3", 11, 39, False), ("incident_4", 30, 50, True),
    ):  # fmt: skip
        number = 100 * int(name[-1])
        rows = [incident(number + n, comparison="Y" if n < compared else "") for n in range(of)]
        desk.put(name, "incident", rows)
        desk.load()
        assert (wanted in told(desk)) == is_told, name


def test_one_day_for_many(desk: Desk) -> None:
    """Forty cells, three in ten of them, where the incidents span 60 days."""
    day = [str(dt.date(2025, 1, 2) + dt.timedelta(days=n)) for n in range(61)]

    def rows(filled: int, one: int, span: int) -> list[Row]:
        return [
            incident(
                n,
                reported_date=day[n % span],
                recorded_date="",
                hate_flagged_date="2025-03-30" if n < one else day[n % 61] if n < filled else "",
            )
            for n in range(70)
        ]

    for name, filled, one, span, is_told in (
        ("incident_1", 41, 12, 61, False), ("incident_2", 40, 12, 60, False), ("incident_3", 39, 20, 61, False), ("incident_4", 40, 12, 61, True),
    ):  # fmt: skip
        desk.put(name, "incident", rows(filled, one, span))
        desk.load()
        assert (("one_day_for_many", "incident", "northumbria", "hate_flagged_date") in told(desk)) == is_told, name


def test_values_that_records_no_longer_tell(desk: Desk) -> None:
    """Three records and one in five of those that told it."""
    for name, filled, lost, is_told in (
        ("cps_1", 15, 0, False), ("cps_2", 15, 3, True), ("cps_3", 15, 2, False), ("cps_4", 20, 3, False),
    ):  # fmt: skip
        of = 100 * int(name[-1])
        desk.put(f"{name}_before", "cps", [cps(of + n, uplift="N" if n < filled else "") for n in range(40)])
        desk.put(f"{name}_now", "cps", [cps(of + n, uplift="N" if lost <= n < filled else "") for n in range(40)])
        desk.load()
        assert (("values_lost", "cps", "north-east", "uplift") in told(desk)) == is_told, name


def test_references_of_a_form_that_never_came(desk: Desk) -> None:
    """Ten rows and one in five; how many figures a number has is no matter."""
    wanted = ("references_of_another_form", "incident", "northumbria", "crime_ref")
    for name, others, of, form, is_told in (
        ("incident_1", 0, 60, "", False), ("incident_2", 9, 40, "NP{}", False), ("incident_3", 10, 51, "NP/{}", False),
        ("incident_4", 10, 50, "{}-24", True), ("incident_5", 50, 50, "C{}00", False),
    ):  # fmt: skip
        number = 1000 * int(name[-1])
        rows = [incident(number + n) for n in range(of)]
        rows[:others] = [row | {"crime_ref": form.format(row["crime_ref"])} for row in rows[:others]]
        desk.put(name, "incident", rows)
        desk.load()
        assert (wanted in told(desk)) == is_told, name


def test_crimes_numbered_anew(desk: Desk) -> None:
    """Ten rows and one in five with a crime and day that were told under another number; told again under the same it is silent."""
    wanted = ("crimes_numbered_anew", "incident", "northumbria", "incident_id")

    def rows(first: int, of: int) -> list[Row]:
        return [incident(first + n, victim_id=f"V{first + n}") for n in range(of)]

    for name, anew, of, is_told in (
        ("incident_1", 0, 60, False), ("incident_2", 9, 40, False), ("incident_3", 10, 51, False), ("incident_4", 10, 50, True),
    ):  # fmt: skip
        number = 1000 * int(name[-1])
        again = [
            row | {"incident_id": f"I{number}-{n}", "victim_id": f"N{n}"} for n, row in enumerate(rows(1000, anew))
        ]
        desk.put(name, "incident", again + rows(number + anew, of - anew))
        desk.load()
        assert (wanted in told(desk)) == is_told, name
    desk.put("incident_5", "incident", rows(4020, 60))
    desk.load()
    assert wanted not in told(desk)


def test_a_file_a_night_is_judged_with_those_before(desk: Desk) -> None:
    """Fourteen rows each: three nights are forty-two. What is shifted in the last alone is a third of them."""
    wanted = ("values_shifted", "incident", "northumbria", "hate_religion")
    for night, (value, of) in enumerate((("N", 60), ("N", 14), ("N", 14), ("Y", 14))):
        desk.put(f"incident_{night}", "incident", [incident(100 * night + n, hate_religion=value) for n in range(of)])
        desk.load()
        assert (wanted in told(desk)) == (value == "Y"), night


def test_a_victim_told_twice_of_one_incident(desk: Desk) -> None:
    """A running number as the number of the victim makes every incident told again a further case."""
    desk.put("incident_1", "incident", [incident(n, victim_id=f"V{n}") for n in range(40)])
    desk.put("incident_2", "incident", [incident(n, victim_id=f"V{n}", victim_no=str(n + 2)) for n in range(40)])
    desk.load()
    assert failing(desk).get(("records_alike", *REPORT)) == 80


def test_a_snapshot_that_withdraws(desk: Desk, tmp_path: Path) -> None:
    wanted = ("told_again_less", *REPORT)
    mapping = 'source = "whole"\n[[feed]]\nextract = "incident"\nfiles = ["whole_*"]\ndelivery = "snapshot"\ncolumns = "same"\n'
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "whole.toml").write_text(mapping, encoding="utf-8")
    for name, numbers, is_told in (
        ("whole_1", range(60), False),
        ("whole_2", range(11, 71), False),
        ("whole_3", range(200, 260), True),
    ):
        desk.put(name, "incident", [incident(n) for n in numbers])
        desk.load(sources=sources)
        assert (wanted in told(desk)) == is_told, name


def test_a_part_that_has_not_come(desk: Desk, tmp_path: Path) -> None:
    mapping = (
        'source = "parted"\n[[feed]]\nextract = "incident"\nfiles = ["parted_*"]\ndelivery = "update"\n'
        "parts = 'parted_(\\d)_'\ncolumns = \"same\"\n"
    )
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "parted.toml").write_text(mapping, encoding="utf-8")
    for names, is_told in (
        (("parted_1_a", "parted_1_b"), False),
        (("parted_2_a",), True),
        (("parted_2_b",), False),  # joins the delivery of its name in a later run
        (("parted_3_b", "parted_3_a"), False),
    ):
        for name in names:
            desk.put(name, "incident", [incident(10 * int(name[7]) + (name[-1] == "b"))])
        desk.load(sources=sources)
        assert (("fewer_files", *REPORT) in told(desk)) == is_told, names


def test_a_delivery_that_tells_fewer_records_again(desk: Desk) -> None:
    wanted = ("told_again_less", *REPORT)
    for name, numbers, is_told in (
        ("incident_1", range(100), False),
        ("incident_2", range(20, 105), False),  # four in five of 100
        ("incident_3", range(50, 110), True),  # 55 of 105, of which the one before told four in five
        ("incident_4", range(60, 115), False),  # 50 of 110: as few as the one before
        ("incident_5", range(115, 135), False),  # new ones alone
    ):
        desk.put(name, "incident", [incident(n) for n in numbers])
        desk.load()
        assert (wanted in told(desk)) == is_told


def test_incidents_told_twice(desk: Desk) -> None:
    def reported(twice: int) -> list[Row]:
        once = [incident(n, victim_id=f"V{n}") for n in range(60)]
        return [*once, *({**once[n], "incident_id": f"X{n}", "crime_ref": f"X{n}"} for n in range(twice))]

    desk.put("incident", "incident", reported(1))
    desk.load()
    assert "records_alike" not in rules(failing(desk))
    # Four of 62 are more than one in twenty.
    desk.put("incident", "incident", reported(2))
    desk.load()
    assert failing(desk).get(("records_alike", *REPORT)) == 4


def test_a_delivery_that_reaches_less_far(desk: Desk) -> None:
    desk.put(
        "incident_1", "incident", [incident(), incident(2, reported_date="2025-03-20", recorded_date="2025-03-20")]
    )
    desk.load()
    desk.put("incident_2", "incident", [incident(3, reported_date="2025-03-19", recorded_date="2025-03-19")])
    desk.load()
    assert ("feed_reaches_less", *REPORT) in told(desk)
    desk.put("incident_3", "incident", [incident(4, reported_date="2025-03-19", recorded_date="2025-03-19")])
    desk.load()
    assert rules(failing(desk)) == {"feed_missing"}


def test_a_month_without_a_row(desk: Desk) -> None:
    # Five months of ten incidents beside an empty one: ten are expected there. With one incident less it is 9.8.
    months = ("2024-10-05", "2024-11-05", "2024-12-05", "2025-02-05", "2025-03-25")
    days = [day for day in months for _ in range(10)]
    rows = [incident(n, reported_date=day, recorded_date=day) for n, day in enumerate(days)]
    desk.put("incident_1", "incident", rows[1:])
    desk.load()
    assert "months_missing" not in rules(told(desk))
    desk.put("incident_2", "incident", rows[:1])
    desk.load()
    assert ("months_missing", *REPORT) in told(desk)
    desk.put("incident_3", "incident", [incident(90, reported_date="2025-01-05", recorded_date="2025-01-05")])
    desk.load()
    assert "months_missing" not in rules(told(desk))


def test_a_file_cut_short_is_held_and_told(desk: Desk) -> None:
    path = desk.put("incident_1", "incident", [incident(n) for n in range(1, 40)])
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) - 60], encoding="utf-8", newline="")
    desk.load()
    assert ("delivery_held", *REPORT) in failing(desk) or ("delivery_held", "incident", "", "") in failing(desk)
    path.write_text(whole, encoding="utf-8", newline="")
    desk.load()
    assert "delivery_held" not in rules(failing(desk))


def test_a_feed_that_is_late(desk: Desk) -> None:
    schedule, mistakes = parse_schedule({"every": "week", "weekday": "Monday"})
    assert schedule is not None and not mistakes
    due = {("incident", "northumbria"): schedule}
    monday = dt.date(2025, 3, 31)
    desk.judge(clean())
    desk.connection.execute("UPDATE load SET loaded_on = ?", [monday - dt.timedelta(days=7)])
    assert ("feed_late", *REPORT) in failing(desk, due=due, now=monday)
    desk.connection.execute("UPDATE load SET loaded_on = ?", [monday - dt.timedelta(days=6)])
    assert rules(failing(desk, due=due, now=monday)) == set()


def test_a_week_of_unusual_volume(desk: Desk) -> None:
    start = dt.date(2022, 1, 3)
    weeks = [start + dt.timedelta(days=7 * n) for n in range((dt.date(2025, 3, 24) - start).days // 7)]

    def extract(last: int) -> list[Row]:
        counts = [60 + n % 5 for n in range(len(weeks) - 1)] + [last]
        days = [week for week, count in zip(weeks, counts, strict=True) for _ in range(count)]
        rows = [incident(n, reported_date=str(day), recorded_date=str(day)) for n, day in enumerate(days)]
        # One report on the last day, so that the feed reaches it.
        return [*rows, incident(len(rows), reported_date="2025-03-31", recorded_date="2025-03-31")]

    desk.put("incident_1", "incident", extract(62))
    desk.load()
    assert "volume_unusual" not in rules(failing(desk))
    desk.connection.execute("DELETE FROM incident_version WHERE reported_date = ? AND line % 3 > 0", [weeks[-1]])
    assert ("volume_unusual", *REPORT) in failing(desk)


def test_a_check_that_could_not_run_is_the_operator_s(desk: Desk) -> None:
    desk.judge(clean())
    ran = Check("cps", "present_urn", "urn", "critical", "", PASSED, 0, 1)
    crashed = Check("cps", "listed_force", "force", "critical", "", COULD_NOT_RUN, None, None)
    assert rules(failing(desk, checks=[ran])) == set()
    assert failing(desk, checks=[ran, crashed]) == {("check_could_not_run", "cps", "", ""): None}


def test_every_rule_is_in_the_matrix() -> None:
    """A rule without a row above, or a test of its own in this file, is not tested."""
    text = Path(__file__).read_text(encoding="utf-8")
    told = {row["rule"] for row in reference.rows("rule")}
    assert set(ROWS) <= told
    assert sorted(rule for rule in told - set(ROWS) if f'"{rule}"' not in text) == []
