"""Reference data against its sources: what stands here was written down from the source, not from the files. A value that moves
in data/reference moves figures, areas or sentences without any model failing.

Sources: the Home Office crime outcomes framework and counting rules; the CPS's Areas and outcome headings; the self-defined ethnicity
codes; the specification of the funnel; the published figures that benchmark.csv names.
"""

import csv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
Row = dict[str, str]


def table(name: str) -> list[Row]:
    with (ROOT / "data" / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(name: str, key: str, value: str) -> dict[str, str]:
    rows = table(name)
    found = {row[key]: row[value] for row in rows}
    assert len(found) == len(rows), f"{name} names something twice"
    return found


def words(text: str) -> list[str]:
    return text.split()


# The forces of each CPS Area. The two Areas of London share the two forces of London; the transport police and Northern Ireland have none.
FORCES_OF_AREA = {
    "cymru-wales": "dyfed-powys gwent north-wales south-wales",
    "east-midlands": "derbyshire leicestershire lincolnshire northamptonshire nottinghamshire",
    "east-of-england": "cambridgeshire essex norfolk suffolk",
    "london": "city-of-london metropolitan",
    "mersey-cheshire": "cheshire merseyside",
    "north-east": "cleveland durham northumbria",
    "north-west": "cumbria greater-manchester lancashire",
    "south-east": "kent surrey sussex",
    "south-west": "avon-and-somerset devon-and-cornwall gloucestershire",
    "thames-and-chiltern": "bedfordshire hertfordshire thames-valley",
    "wessex": "dorset hampshire wiltshire",
    "west-midlands": "staffordshire warwickshire west-mercia west-midlands",
    "yorkshire-and-humberside": "humberside north-yorkshire south-yorkshire west-yorkshire",
    "": "btp northern-ireland",
}


def test_every_force_lies_in_its_cps_area() -> None:
    assert column("force", "code", "cps_area") == {
        force: area for area, forces in FORCES_OF_AREA.items() for force in words(forces)
    }
    assert len(table("force")) == 43 + 2


def test_the_cps_has_fourteen_areas_two_of_them_london() -> None:
    areas = table("cps_area")
    assert {row["code"] for row in areas} == set(FORCES_OF_AREA) - {""}
    assert sum(int(row["cps_areas"]) for row in areas) == 14
    assert {row["code"]: row["label"] for row in areas if row["cps_areas"] != "1"} == {
        "london": "London North and London South"
    }


EXITS_OF_OUTCOMES = {
    "charged": "1 1A",
    "resolved": "2 2A 3 3A 4 6 7 8 19 20 22",
    "lost": "5 9 10 11 12 13 14 15 16 17 18 21 U",
}
GROUPS_OF_OUTCOMES = {
    "": "1 1A",
    "out of court": "2 2A 3 3A 6 7 8 22",
    "other": "4 5 11 12 13 U",
    "public interest": "9 10 21",
    "victim does not support": "14 16",
    "evidential": "15",
    "time limit": "17",
    "no suspect": "18",
    "other agency": "19 20",
}


def test_outcome_codes_end_as_the_framework_has_it() -> None:
    assert column("outcome", "code", "exit") == {c: e for e, codes in EXITS_OF_OUTCOMES.items() for c in words(codes)}
    assert column("outcome", "code", "reason_group") == {
        code: group for group, codes in GROUPS_OF_OUTCOMES.items() for code in words(codes)
    }
    rows = table("outcome")
    assert {row["code"] for row in rows if row["implies_suspect"] == "N"} == set(words("14 18 19 20 U"))
    assert {row["code"] for row in rows if row["denies_suspect"] == "Y"} == set(words("14 18"))
    assert {row["code"] for row in rows if row["charge"] == "Y"} == set(words("1 1A"))
    # Ties of one day are settled by the number; U stands below every code.
    assert {row["code"]: int(row["number"]) for row in rows} == {
        **{row["code"]: int(row["code"].rstrip("A")) for row in rows if row["code"] != "U"},
        "U": -1,
    }


def test_cps_decisions_end_as_the_cps_counts_them() -> None:
    found = {
        row["code"]: (row["exit"], row["deciding"], row["charge"], row["reason_group"]) for row in table("cps_decision")
    }
    assert found == {
        "charge": ("charged", "Y", "Y", ""),
        "nfa_evidential": ("lost", "Y", "N", "evidential"),
        "nfa_public_interest": ("lost", "Y", "N", "public interest"),
        "out_of_court_disposal": ("resolved", "Y", "N", "out of court"),
        "admin_finalised": ("lost", "Y", "N", "other"),
        "further_information": ("", "N", "N", ""),
    }


def test_court_outcomes_end_as_the_cps_counts_them() -> None:
    exits = {
        "convicted": "guilty_plea convicted_after_trial proved_in_absence convicted",
        "lost": "discontinued offered_no_evidence dismissed directed_acquittal acquitted_after_trial lie_on_file "
        "unfit_or_hospital_order admin_finalised",
        "resolved": "bound_over",
    }
    assert column("court_outcome", "code", "exit") == {
        code: exit for exit, codes in exits.items() for code in words(codes)
    }
    rows = table("court_outcome")
    assert {row["code"] for row in rows if row["conviction"] == "Y"} == set(words(exits["convicted"]))
    assert {row["code"] for row in rows if row["guilty_plea"] == "Y"} == {"guilty_plea"}
    assert {row["reason_group"] for row in rows if row["exit"] != "convicted"} == {"court"}
    assert {row["reason_group"] for row in rows if row["exit"] == "convicted"} == {""}


def test_other_reasons() -> None:
    assert {row["reason"]: (row["exit"], row["reason_group"]) for row in table("reason")} == {
        "non_crime": ("resolved", "not recorded"),
        "record_cancelled": ("resolved", "not recorded"),
        "record_transferred_out": ("resolved", "other agency"),
        "uplift_not_recorded": ("resolved", "court"),
        "uplift_unknown": ("resolved", "court"),
    }


def test_ethnic_groups() -> None:
    groups = {
        "white": "W1 W2 W3 W4 W9",
        "mixed": "M1 M2 M3 M9",
        "asian": "A1 A2 A3 A4 A9 O1",
        "black": "B1 B2 B9",
        "other": "O2 O9",
        "not_stated": "NS",
    }
    assert column("ethnicity", "code", "ethnic_group") == {
        c: group for group, codes in groups.items() for c in words(codes)
    }


def test_age_groups_leave_no_age_out_and_count_none_twice() -> None:
    rows = [(row["age_group"], int(row["from_age"]), int(row["to_age"])) for row in table("age_group")]
    assert [name for name, _, _ in rows] == words("0-17 18-24 25-34 35-44 45-54 55-64 65+")
    assert [age for _, low, high in rows for age in range(low, high + 1)] == list(range(121))
    for name, low, high in rows:
        assert name in (f"{low}-{high}", f"{low}+")


def test_stages_stand_in_their_order_with_their_names() -> None:
    assert [(int(row["stage_order"]), row["stage"], row["label"]) for row in table("stage")] == [
        (1, "reported", "Reported"),
        (2, "recorded", "Recorded as a crime"),
        (3, "suspect_identified", "Suspect identified"),
        (4, "referred", "Referred to the CPS"),
        (5, "charged", "Charged"),
        (6, "prosecuted", "Prosecuted"),
        (7, "convicted", "Convicted"),
        (8, "uplifted", "Sentence uplifted"),
    ]


# What can show each stage. A charge is told by the police's outcome as well as by the CPS's decision, a referral by the police's date as well as by
# the receipt: who is left out here counts no case less, but a stage is then not covered that is.
TOLD_BY = {
    "reported": "incident.reported_date",
    "recorded": "incident.incident_class",
    "suspect_identified": "investigation.suspect_id investigation.outcome_code",
    "referred": "investigation.file_submitted_date cps.received_date",
    "charged": "investigation.charge cps.decision",
    "prosecuted": "cps.first_hearing_date cps.prosecution_outcome",
    "convicted": "cps.prosecution_outcome",
    "uplifted": "cps.uplift",
}


def test_each_stage_is_told_by_its_evidence() -> None:
    assert column("stage", "stage", "told_by") == TOLD_BY


# Column of the contract, and whether it suffices alone. Many forces record no submission, the CPS may charge without an outcome 1, and rows of the CPS
# may be linked by URN alone.
EVIDENCE = {
    "incident.reported_date": ("reported_date", "Y"),
    "incident.incident_class": ("incident_class", "Y"),
    "incident.hate_race": ("hate_race", "Y"),
    "incident.hate_religion": ("hate_religion", "Y"),
    "incident.hate_sexual_orientation": ("hate_sexual_orientation", "Y"),
    "incident.hate_disability": ("hate_disability", "Y"),
    "incident.hate_transgender": ("hate_transgender", "Y"),
    "incident.victim_ethnicity": ("victim_ethnicity", "Y"),
    "incident.business_type": ("business_type", "Y"),
    "investigation.suspect_id": ("suspect_id", "Y"),
    "investigation.outcome_code": ("outcome_code", "Y"),
    "investigation.file_submitted_date": ("file_submitted_date", "N"),
    "investigation.link": ("urn", "N"),
    "investigation.charge": ("outcome_code", "N"),
    "investigation.withdrawal": ("outcome_code", "Y"),
    "cps.received_date": ("received_date", "Y"),
    "cps.decision": ("decision", "Y"),
    "cps.first_hearing_date": ("first_hearing_date", "Y"),
    "cps.prosecution_outcome": ("prosecution_outcome", "Y"),
    "cps.uplift": ("uplift", "Y"),
    "cps.guilty_plea": ("prosecution_outcome", "Y"),
    "cps.court_loss": ("prosecution_outcome", "Y"),
    "cps.outcome_reason": ("outcome_reason", "Y"),
    "cps.link": ("police_crime_ref", "N"),
}


def test_each_kind_of_evidence_has_its_column_and_its_weight() -> None:
    found = {row["evidence"]: (row["column_name"], row["suffices_alone"]) for row in table("evidence")}
    assert found == EVIDENCE
    assert all(row["evidence"].partition(".")[0] == row["extract"] for row in table("evidence"))
    told = {one for row in table("stage") for one in words(row["told_by"])}
    assert told <= set(EVIDENCE)


def test_each_milestone_has_a_window_of_its_own() -> None:
    rows = [(row["milestone_no"], row["stage"], row["from_stage"], row["setting"]) for row in table("milestone")]
    assert rows == [
        ("0", "suspect_identified", "recorded", "suspect_days"),
        ("1", "referred", "suspect_identified", "referral_days"),
        ("2", "charged", "referred", "charge_days"),
        ("3", "convicted", "charged", "conviction_days"),
    ]


def test_what_counts_as_withdrawal_and_as_positive() -> None:
    assert [(row["source"], row["code"]) for row in table("withdrawal")] == [
        ("police_outcome", "14"),
        ("police_outcome", "16"),
        ("cps_outcome_reason", "victim_retraction"),
        ("cps_outcome_reason", "victim_non_attendance"),
    ]
    sets: dict[str, set[str]] = {}
    for row in table("outcome_set"):
        sets.setdefault(row["outcome_set"], set()).add(row["code"])
    assert sets == {
        "positive_home_office_dashboard": set(words("1 1A 2 2A 3 3A 6 7 8 22")),
        "positive_forces": set(words("1 1A 2 2A 3 3A 4 6 7 8")),
    }


# Group, then the codes: those of the racially or religiously aggravated offences behind the bar.
OFFENCES = {
    "public_order": "9A 62A 66 | 9B",
    "violence_with_injury": "8N 5D | 8P",
    "violence_without_injury": "105A 3B 36 104 | 105B",
    "stalking_harassment": "8L 8Q 8R | 8M",
    "criminal_damage": "58A 58B 58C 58D 56A 56B | 58J 58E 58F 58G 58H",
    "other": "10C 10D 17A 20A 19C 19F 34A 34B 39 45 46 49 |",
}


def test_offences_lie_in_their_groups() -> None:
    expected = {}
    for group, codes in OFFENCES.items():
        plain, _, aggravated = codes.partition("|")
        expected |= dict.fromkeys(words(plain), (group, "N")) | dict.fromkeys(words(aggravated), (group, "Y"))
    rows = table("offence")
    assert {row["code"]: (row["offence_group"], row["aggravated"]) for row in rows} == expected
    assert len(rows) == len(expected)
    for row in rows:
        assert row["label"].startswith("Racially or religiously aggravated") == (row["aggravated"] == "Y")


def test_local_authorities_are_those_of_england_and_wales() -> None:
    rows = table("local_authority")
    codes, labels = [row["code"] for row in rows], [row["label"] for row in rows]
    assert codes == sorted(set(codes))
    assert len(set(labels)) == len(labels)
    current = [row["code"][:3] for row in rows if row["current"] == "Y"]
    # As the ONS counts them since April 2023: unitary authorities, districts, metropolitan boroughs, London, Wales.
    assert {kind: current.count(kind) for kind in sorted(set(current))} == {
        "E06": 63, "E07": 164, "E08": 36, "E09": 33, "W06": 22,
    }  # fmt: skip
    assert {row["current"] for row in rows} == {"Y", "N"}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("E06000001", "Hartlepool"),
        ("E06000005", "Darlington"),
        ("E06000023", "Bristol, City of"),
        ("E06000047", "County Durham"),
        ("E06000057", "Northumberland"),
        ("E06000066", "Somerset"),
        ("E07000066", "Basildon"),
        ("E07000123", "Preston"),
        ("E07000148", "Norwich"),
        ("E07000178", "Oxford"),
        ("E07000223", "Adur"),
        ("E07000240", "St Albans"),
        ("E08000003", "Manchester"),
        ("E08000021", "Newcastle upon Tyne"),
        ("E08000025", "Birmingham"),
        ("E08000035", "Leeds"),
        ("E08000037", "Gateshead"),
        ("E08000039", "Sheffield"),
        ("E09000030", "Tower Hamlets"),
        ("E09000033", "Westminster"),
        ("W06000015", "Cardiff"),
        ("W06000024", "Merthyr Tydfil"),
    ],
)
def test_local_authorities_have_their_names(code: str, name: str) -> None:
    assert column("local_authority", "code", "label")[code] == name


# Measure, population, area, numerator and denominator unit, then year and value as published.
BENCHMARKS = {
    ("crimes_recorded", "hate", "England and Wales", "crime", ""): {
        "2016/17": "80393",
        "2017/18": "94121",
        "2018/19": "103379",
        "2019/20": "105090",
        "2020/21": "124091",
        "2021/22": "155841",
        "2022/23": "145214",
        "2023/24": "140561",
        "2024/25": "115990",
    },
    ("motivating_factors_race", "hate", "England and Wales", "motivating factor", ""): {
        "2016/17": "62685",
        "2017/18": "71264",
        "2018/19": "78991",
    },
    ("motivating_factors_religion", "hate", "England and Wales", "motivating factor", ""): {
        "2016/17": "5949",
        "2017/18": "8339",
        "2018/19": "8566",
    },
    ("motivating_factors_sexual_orientation", "hate", "England and Wales", "motivating factor", ""): {
        "2016/17": "9157",
        "2017/18": "11592",
        "2018/19": "14491",
    },
    ("motivating_factors_disability", "hate", "England and Wales", "motivating factor", ""): {
        "2016/17": "5558",
        "2017/18": "7221",
        "2018/19": "8256",
    },
    ("motivating_factors_transgender", "hate", "England and Wales", "motivating factor", ""): {
        "2016/17": "1248",
        "2017/18": "1703",
        "2018/19": "2333",
    },
    ("crimes_recorded", "hate", "Northumbria", "crime", ""): {
        "2017/18": "2559",
        "2018/19": "2703",
        "2023/24": "3785",
        "2024/25": "3686",
    },
    ("charged_share_of_recorded", "hate", "England and Wales", "crime", "crime"): {
        "2015/16": "0.21",
        "2018/19": "0.11",
        "2020/21": "0.10",
        "2021/22": "0.09",
    },
    ("charged_share_of_recorded: race, public order", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.129"
    },
    ("charged_share_of_recorded: religion, public order", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.108"
    },
    ("charged_share_of_recorded: sexual_orientation, public order", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.126"
    },
    ("charged_share_of_recorded: disability, public order", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.024"
    },
    ("charged_share_of_recorded: transgender, public order", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.042"
    },
    ("charged_share_of_recorded: race, violence", "hate", "England and Wales", "crime", "crime"): {"2018/19": "0.118"},
    ("charged_share_of_recorded: religion, violence", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.090"
    },
    ("charged_share_of_recorded: sexual_orientation, violence", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.079"
    },
    ("charged_share_of_recorded: disability, violence", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.033"
    },
    ("charged_share_of_recorded: transgender, violence", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.027"
    },
    ("charged_share_of_recorded: race, criminal damage and arson", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.075"
    },
    ("charged_share_of_recorded: religion, criminal damage and arson", "hate", "England and Wales", "crime", "crime"): {
        "2018/19": "0.042"
    },
    (
        "charged_share_of_recorded: sexual_orientation, criminal damage and arson",
        "hate",
        "England and Wales",
        "crime",
        "crime",
    ): {"2018/19": "0.055"},
    (
        "charged_share_of_recorded: disability, criminal damage and arson",
        "hate",
        "England and Wales",
        "crime",
        "crime",
    ): {"2018/19": "0.021"},
    (
        "charged_share_of_recorded: transgender, criminal damage and arson",
        "hate",
        "England and Wales",
        "crime",
        "crime",
    ): {"2018/19": "0.034"},
    ("charged_share_of_outcomes", "all crime", "Northumbria", "crime", "crime"): {
        "2014/15": "0.2926",
        "2018/19": "0.0955",
        "2021/22": "0.0672",
        "2024/25": "0.1149",
    },
    ("victim_withdrew_share_of_recorded", "hate", "40 forces of England and Wales", "crime", "crime"): {"2020": "0.32"},
    ("prosecuted_per_recorded", "hate", "CPS North East", "defendant", "crime"): {"2018/19": "0.127"},
    ("charge_rate", "hate", "England and Wales", "suspect", "suspect"): {
        "2018/19": "0.879",
        "Q1 2022/23": "0.873",
        "year to about February 2023": "0.86",
        "2024": "0.874",
    },
    ("conviction_rate", "hate", "England and Wales", "defendant", "defendant"): {
        "2016/17": "0.834",
        "2018/19": "0.843",
        "Q2 2022/23": "0.835",
        "Q3 2022/23": "0.836",
        "year to about February 2023": "0.84",
        "2024": "0.861",
    },
    ("conviction_rate", "hate", "CPS North East", "defendant", "defendant"): {"2018/19": "0.824"},
    ("guilty_plea_rate", "hate", "England and Wales", "defendant", "defendant"): {
        "2016/17": "0.734",
        "2017/18": "0.754",
        "2018/19": "0.761",
    },
    ("uplift_rate", "hate", "England and Wales", "defendant", "defendant"): {
        "2015/16": "0.338",
        "2016/17": "0.522",
        "2017/18": "0.671",
        "2018/19": "0.736",
        "year to June 2020": "0.784",
    },
    ("uplift_rate", "hate", "CPS North East", "defendant", "defendant"): {"year to about February 2023": "0.90"},
    ("referrals", "hate", "England and Wales", "suspect", ""): {
        "2017/18": "12901",
        "2018/19": "10749",
        "2019/20": "8830",
    },
    ("completed", "hate", "England and Wales", "defendant", ""): {
        "2015/16": "15442",
        "2016/17": "14480",
        "2017/18": "14151",
        "2018/19": "12828",
        "2024": "14657",
    },
    ("charged", "hate", "England and Wales", "suspect", ""): {"2024": "11777"},
    ("convicted", "hate", "England and Wales", "defendant", ""): {"2024": "12614"},
}


def test_published_figures_are_as_published() -> None:
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in table("benchmark"):
        key = tuple(row[name] for name in ("measure", "population", "area", "numerator_unit", "denominator_unit"))
        of_years = found.setdefault(key, {})
        assert row["year"] not in of_years
        of_years[row["year"]] = row["value"]
    assert found == BENCHMARKS
    assert all(row["source"] for row in table("benchmark"))


@pytest.mark.parametrize(
    ("measure", "year", "part", "whole", "digits"),
    [
        # The counts that the sources give for their rates.
        ("conviction_rate", "2024", 12614, 14657, 3),
        ("conviction_rate", "2018/19", 459, 557, 3),
        ("prosecuted_per_recorded", "2018/19", 557, 4390, 3),
        ("victim_withdrew_share_of_recorded", "2020", 33546, 106300, 2),
    ],
)
def test_published_rates_are_what_their_counts_give(
    measure: str, year: str, part: int, whole: int, digits: int
) -> None:
    published = [
        float(row["value"])
        for row in table("benchmark")
        if (row["measure"], row["year"]) == (measure, year) and str(part) in row["source"] + row["caveat"]
    ]
    assert published == [round(part / whole, digits)]
