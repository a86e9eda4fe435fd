"""attrition.toml: what it may say, and that every mistake in it is told at once."""

from pathlib import Path

import pytest

from attrition.errors import UsageFault
from attrition.settings import Settings, load_settings


def stated(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "attrition.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file)


def test_each_section_sets_its_own(tmp_path: Path) -> None:
    found = stated(
        tmp_path,
        "[thresholds]\ncharge_days = 62\nquarantine_share = 1\n[comparators]\nbusiness_type = ''\n"
        "[pilot]\ngroup = 'durham/north'\nstart = '2024-10-01'\nstage = 'charged'\n",
    )
    assert (found.charge_days, found.quarantine_share, found.comparator_business_type) == (62, 1.0, "")
    assert (found.pilot_group, found.pilot_start, found.pilot_stage) == ("durham/north", "2024-10-01", "charged")
    assert found.suspect_days == Settings().suspect_days
    assert found.complete_from == {}
    assert stated(tmp_path, "[complete_from]\ndurham = 2019-04-01\ncleveland = '2020-01-31'\n").complete_from == {
        "durham": "2019-04-01", "cleveland": "2020-01-31"
    }  # fmt: skip


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageFault) as told:
        stated(
            tmp_path,
            "[thresholds]\ncharge_days = '62'\nuplift_days = -1\npilot_group = 'x'\n[pilot]\nsize = 3\n[limits]\na = 1\n[complete_from]\ndurham = 'soon'\nmordor = 2020-01-01\n",
        )
    for part in (
        "charge_days must be a int", "uplift_days must not be negative", "unknown key pilot_group in [thresholds]",
        "unknown key size in [pilot]", "unknown section [limits]", "durham in [complete_from] must be a day", "not on the list: mordor", "Keys of [pilot]: breakdown, group, start, stage",
    ):  # fmt: skip
        assert part in str(told.value)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("start = 'October'", "start in [pilot] must be a day"),
        ("start = '2024-10-01'\nstage = 'uplifted'", "stage in [pilot] must be one of suspect_identified"),
        ("start = '2024-10-01'\nbreakdown = 'strand'", "breakdown in [pilot] must be one of area_command"),
    ],
)
def test_a_pilot_that_cannot_be_is_refused(tmp_path: Path, line: str, part: str) -> None:
    with pytest.raises(UsageFault) as told:
        stated(tmp_path, f"[pilot]\ngroup = 'durham/north'\n{line}\n")
    assert part in str(told.value)


def test_a_pilot_group_that_is_not_text_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="group must be a str"):
        stated(tmp_path, "[pilot]\ngroup = 3\n")


def test_a_threshold_that_protects_nothing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match=r"threshold in \[disclosure\] must be 2 or more"):
        stated(tmp_path, "[disclosure]\nthreshold = 1\n")
    assert stated(tmp_path, "[disclosure]\nthreshold = 2\n").disclosure_threshold == 2
