"""The fair floor's work in pandas: what an analyst would write who knows pandas and not DuckDB.

    python bench/pandas_script.py LANDING OUT

Reads the three extracts with pyarrow, makes pseudonyms with Python's hmac over the distinct values, writes the typed
rows as Parquet, de-duplicates, links, stages, and counts every breakdown, with the reasons.
"""

import datetime as dt
import os
import sys
import time
from pathlib import Path

import figures
import numpy as np
import pandas as pd
from pandas_read import LISTS, NEVER, OUTCOMES, STRANDS, read, reference

AS_AT = (dt.date.fromisoformat(figures.AS_AT) - dt.date(1970, 1, 1)).days
NONE = 255
CONVICTIONS = ("guilty_plea", "convicted_after_trial", "proved_in_absence", "convicted")
OTHER_REASONS = ("non_crime", "record_cancelled", "record_transferred_out", "uplift_not_recorded", "uplift_unknown")
AGES = ((0, "0-17"), (18, "18-24"), (25, "25-34"), (35, "35-44"), (45, "45-54"), (55, "55-64"), (65, "65+"))


def is_code(column: pd.Series, *codes: str) -> np.ndarray:
    """Whether a category is one of the codes."""
    return np.isin(column.cat.codes, [column.cat.categories.get_loc(code) for code in codes])


def number_crimes(incident: pd.DataFrame, investigation: pd.DataFrame) -> int:
    """Gives both frames the column `crime`, the number of the crime (-1: none), and says how many there are."""
    pieces = []
    for frame in (investigation, incident):
        reference = frame.crime_ref
        if "incident_class" in frame:
            reference = reference.where(is_code(frame.incident_class, "crime"))
        pieces.append(reference.str.cat(frame.force.cat.codes.astype(str).astype(reference.dtype), sep=" "))
    numbers, names = pd.factorize(pd.concat(pieces, ignore_index=True))
    investigation["crime"], incident["crime"] = numbers[: len(investigation)], numbers[len(investigation) :]
    return len(names)


def link(cps: pd.DataFrame, incident: pd.DataFrame, investigation: pd.DataFrame) -> pd.DataFrame:
    """Pairs of a CPS row (its number) and a crime: by URN, else by crime reference, else by summons number."""
    left = pd.DataFrame({
        "row": np.arange(len(cps)), "urn": cps.urn, "own": cps.force.cat.codes, "named": cps.police_crime_ref, "asn": cps.asn,
    })  # fmt: skip
    police = investigation[["urn", "crime", "crime_ref", "asn"]].assign(force=investigation.force.cat.codes)
    recorded = incident.loc[incident.crime >= 0, ["crime", "crime_ref"]].assign(force=incident.force.cat.codes)

    def of_its_force(pairs: pd.DataFrame) -> pd.DataFrame:
        return pairs[(pairs.own < 0) | (pairs.own == pairs.force)]

    def only_one(pairs: pd.DataFrame) -> pd.DataFrame:
        pairs = of_its_force(pairs).drop_duplicates(["row", "crime"])
        return pairs[~pairs.row.duplicated(keep=False)]

    by_urn = of_its_force(left.merge(police[police.urn.notna()].drop_duplicates(["urn", "crime"]), on="urn"))
    told = (by_urn.crime_ref == by_urn.named).fillna(False).to_numpy(dtype=bool)
    by_urn = by_urn[told | ~by_urn.row.isin(by_urn.row[told])]
    rest = left[~left.row.isin(by_urn.row)]
    named = rest[rest.named.notna()].drop(columns=["urn", "asn"])
    crimes = pd.concat([police[["crime", "crime_ref", "force"]], recorded])
    crimes = crimes[crimes.crime_ref.isin(named.named)].drop_duplicates("crime")
    by_reference = only_one(named.merge(crimes, left_on="named", right_on="crime_ref"))
    rest = rest[~rest.row.isin(by_reference.row) & (rest.asn != 0)].drop(columns="urn")
    summons = police.loc[police.asn.isin(rest.asn), ["asn", "crime", "force"]].drop_duplicates()
    by_asn = only_one(rest.merge(summons, on="asn"))
    return pd.concat([found[["row", "crime"]] for found in (by_urn, by_reference, by_asn)], ignore_index=True)


def greatest(crime: pd.Series | np.ndarray, value: np.ndarray, members: np.ndarray, crimes: int) -> np.ndarray:
    """The greatest value of each crime's rows among the members; -1 where there is none."""
    best = np.full(crimes + 1, -1, dtype=np.int64)
    found = pd.Series(value[members]).groupby(np.asarray(crime)[members]).max()
    best[found.index] = found
    return best


def has(crime: pd.Series | np.ndarray, members: np.ndarray, crimes: int) -> np.ndarray:
    """Whether a crime has a row among the members."""
    held = np.zeros(crimes + 1, dtype=bool)
    held[np.asarray(crime)[members]] = True
    return held


def place(
    cases: pd.DataFrame, investigation: pd.DataFrame, cps: pd.DataFrame, pairs: pd.DataFrame, crimes: int
) -> None:
    """Adds each case's furthest stage, its reason (NONE: open) and the path that these make.

    Reasons are numbers: police outcomes from 0, charging decisions from 64, court outcomes from 96, others from 128,
    NONE for a case that is open or completed.
    """
    v, crime = investigation, investigation.crime.to_numpy()
    code, day = v.outcome_code.cat.codes.to_numpy().astype(np.int64), v.outcome_date.to_numpy()
    effective = (code >= 0) & (day <= AS_AT)
    charge = effective & is_code(v.outcome_code, "1", "1A")
    implies = np.append(OUTCOMES.implies_suspect == "Y", False)[code]
    identified = v.suspect_identified_date.to_numpy()
    suspect = has(crime, (v.suspect_id != 0).to_numpy() & ((identified <= AS_AT) | (identified == NEVER)), crimes)
    suspect |= has(crime, effective & implies, crimes)
    submitted = greatest(crime, v.file_submitted_date.to_numpy(), (v.file_submitted_date <= AS_AT).to_numpy(), crimes)
    rank = day.astype(np.int64) * 64 + code
    latest, reversal = (greatest(crime, rank, members, crimes) for members in (effective, effective & ~charge))
    charged = greatest(crime, day, charge, crimes)

    c = cps.iloc[pairs.row]
    crime = pairs.crime.to_numpy()
    decision, result = (
        c[column].cat.codes.to_numpy().astype(np.int64) for column in ("decision", "prosecution_outcome")
    )
    received = (c.received_date <= AS_AT).to_numpy()
    decided = (
        received & (decision >= 0) & ~is_code(c.decision, "further_information") & (c.decision_date <= AS_AT).to_numpy()
    )
    by_cps = decided & is_code(c.decision, "charge")
    heard = received & (c.first_hearing_date <= AS_AT).to_numpy()
    ended = received & (result >= 0) & (c.finalised_date <= AS_AT).to_numpy()
    convicted = ended & is_code(c.prosecution_outcome, *CONVICTIONS)
    referred = np.maximum(submitted, greatest(crime, c.received_date.to_numpy(), received, crimes))
    last_charge = np.maximum(charged, greatest(crime, c.decision_date.to_numpy(), by_cps, crimes))
    deciding = greatest(crime, c.decision_date.to_numpy().astype(np.int64) * 16 + decision, decided, crimes)
    pending = has(crime, received & ~decided, crimes)
    finished = greatest(crime, c.finalised_date.to_numpy().astype(np.int64) * 16 + result, ended, crimes)
    running = has(crime, (by_cps | heard) & ~ended, crimes)
    conviction = greatest(crime, c.finalised_date.to_numpy(), convicted, crimes)
    doubtful = has(crime, convicted & ~is_code(c.uplift, "N"), crimes)

    shown = (
        suspect, referred >= 0, last_charge >= 0, has(crime, heard | ended, crimes), conviction >= 0,
        has(crime, convicted & is_code(c.uplift, "Y"), crimes),
    )  # fmt: skip
    stage = np.full(crimes + 1, 2)
    for number, held in enumerate(shown, start=3):
        stage[held] = number
    open_to_police = (stage <= 3) | ((stage == 4) & (latest // 64 >= referred))
    reason = np.where(open_to_police & (latest >= 0), latest % 64, NONE)
    reason = np.where((stage == 4) & (deciding >= 0) & ~pending, 64 + deciding % 16, reason)
    reason = np.where((stage == 5) & (reversal >= 0) & (reversal // 64 > last_charge), reversal % 64, reason)
    reason = np.where((stage == 6) & ~running & (finished >= 0), 96 + finished % 16, reason)
    unstated = np.where(conviction + 60 <= AS_AT, 132, NONE)
    reason = np.where((stage == 7) & ~running, np.where(doubtful, unstated, 131), reason)

    of = cases.crime.to_numpy()
    recorded = np.where(cases.recorded_date == NEVER, cases.reported_date, cases.recorded_date) <= AS_AT
    record = np.where(is_code(cases.record_status, "cancelled"), 129, 130)
    stopped = (cases.status_date <= AS_AT).to_numpy() & is_code(cases.record_status, "cancelled", "transferred_out")
    went_on = (of >= 0) & recorded & ~stopped
    cases["stage"] = np.where(went_on, stage[of], 1)
    reason = np.where(went_on, reason[of], np.where(stopped, record, np.where(of < 0, 128, NONE)))
    several = cases.crime.duplicated(keep=False).to_numpy() & (of >= 0)
    cases["shared"] = several
    cases["path"] = (cases.stage.to_numpy() * 512 + reason * 2 + ((of >= 0) & ~several)).astype(np.uint16)


def add_latest_values(cases: pd.DataFrame, investigation: pd.DataFrame, crimes: int) -> None:
    """Adds to each case the latest unit and victim support of its investigation, and whether any row says word on word."""
    v, day, of = investigation, investigation.outcome_date.to_numpy(), cases.crime.to_numpy()
    crime = investigation.crime.to_numpy()
    known = (day <= AS_AT) | (day == NEVER)
    order = np.where(day == NEVER, 0, day).astype(np.int64) * 4096
    unit = v.investigating_unit.cat.reorder_categories(sorted(v.investigating_unit.cat.categories))
    for name, values in (("investigating_unit", unit), ("victim_support", v.victim_support)):
        codes = values.cat.codes.to_numpy()
        best = greatest(crime, order + codes, known & (codes >= 0), crimes)
        cases[name] = pd.Categorical.from_codes(np.where(best < 0, -1, best % 4096)[of], values.cat.categories)
    word = greatest(crime, v.word_on_word.cat.codes.to_numpy(), known, crimes)
    cases["word_on_word"] = pd.Categorical.from_codes(word[of], v.word_on_word.cat.categories)


def repeat_victims(incident: pd.DataFrame) -> np.ndarray:
    """For each incident row 0 (cannot be told), 1 (first) or 2 (repeat)."""
    rows = incident.loc[(incident.victim_id != 0).to_numpy() & ~is_code(incident.comparison, "Y")]
    rows = rows.loc[rows.victim_id.duplicated(keep=False), ["victim_id", "incident_id", "reported_date"]]
    pairs = rows.reset_index().merge(rows, on="victim_id", suffixes=("", "_earlier"))
    gap = pairs.reported_date - pairs.reported_date_earlier
    again = pairs["index"][(gap >= 1) & (gap <= 365) & (pairs.incident_id != pairs.incident_id_earlier)].unique()
    told_from = incident.groupby("force", observed=True).reported_date.transform("min") + 365
    kind = np.where((incident.victim_id == 0) | (incident.reported_date < told_from), 0, 1)
    kind[again] *= 2
    return kind


def dimensions(cases: pd.DataFrame, repeated: np.ndarray, fills_business: bool) -> dict[str, pd.Series]:
    """Each breakdown's group for each case; those by strand are made of them later."""
    group = dict(zip(reference("ethnicity").code, reference("ethnicity").ethnic_group, strict=True))
    # An empty code and an unknown one are one group: a crime with a victim of each counts once in it.
    ethnic = (
        cases.victim_ethnicity.map({**group, "unknown": "unknown"})
        .astype("object")
        .fillna("unknown")
        .astype("category")
    )
    business = cases.business_type.fillna("not_business" if fills_business else "unknown")
    months = pd.Series(cases.reported_date.to_numpy().astype("datetime64[D]").astype("datetime64[M]").astype(int) - 3)
    numbers, quarters = pd.factorize(months // 3)
    year = [f"{1970 + q // 4}/{(1971 + q // 4) % 100:02d}" for q in quarters]
    age = pd.cut(
        cases.victim_age.astype("Float64"),
        [*(low for low, _ in AGES), 121],
        right=False,
        labels=[band for _, band in AGES],
    )
    force = cases.force.astype("str")
    return {
        "all": pd.Series("all", cases.index, dtype="category"),
        "victim_ethnicity": ethnic,
        "business_type": business,
        "area_command": (force + "/" + cases.area_command.astype("object").fillna("unknown")).astype("category"),
        "local_authority": cases.local_authority, "offence_code": cases.offence_code,
        "reporting_channel": cases.reporting_channel, "investigating_unit": cases.investigating_unit,
        "victim_support": cases.victim_support, "word_on_word": cases.word_on_word,
        "repeat_victim": pd.Series(pd.Categorical.from_codes(repeated, ["unknown", "first", "repeat"])),
        "victim_type": cases.victim_type, "victim_sex": cases.victim_sex, "victim_age_group": age,
        "religion_targeted": cases.religion_targeted,
        "financial_year": pd.Series(np.array(year, dtype="object")[numbers]).astype("category"),
        "quarter": pd.Series(
            np.array([f"{y} Q{q % 4 + 1}" for y, q in zip(year, quarters, strict=True)], dtype="object")[numbers]
        ).astype("category"),
        "force": cases.force,
    }  # fmt: skip


def count(cases: pd.DataFrame, groups: dict[str, pd.Series]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cases by breakdown, period, group and path; and shared crimes by breakdown, period, group and furthest stage."""
    frame = pd.DataFrame(groups).assign(path=cases.path, crime=cases.crime, stage=cases.stage, shared=cases.shared)
    ordinary = ~is_code(cases.comparison, "Y")
    frame["hate_status"] = pd.Categorical(np.where(ordinary, "hate", "comparison"))
    hate = frame[ordinary]
    counted, crimes = [], []

    def add(rows: pd.DataFrame, by: list[str], breakdown: str, period: str | None, strand: str | None) -> None:
        keys = [*by, *([period] if period else [])]
        found = rows.groupby([*keys, "path"], observed=True, dropna=False).size().rename("n").reset_index()
        several = rows[rows.shared].groupby([*keys, "crime"], observed=True, dropna=False).stage.max()
        several = (
            several.reset_index()
            .groupby([*keys, "stage"], observed=True, dropna=False)
            .size()
            .rename("n")
            .reset_index()
        )
        for made, table in ((counted, found), (crimes, several)):
            parts = [table[column].astype("object").fillna("unknown").astype(str) for column in by]
            name = ([pd.Series(strand, table.index)] if strand else []) + parts
            text = name[0].str.cat(name[1:], sep="*") if len(name) > 1 else name[0]
            told = table[period].astype(str) if period else ""
            made.append(table.drop(columns=keys).assign(breakdown=breakdown, period=told, grp=text))

    for period in (None, "financial_year", "quarter"):
        for breakdown in ("all", "victim_ethnicity", "business_type"):
            add(hate, [breakdown], breakdown, period, None)
        for strand in STRANDS:
            rows = frame[ordinary & is_code(cases[f"hate_{strand}"], "Y")]
            add(rows, ["all"], f"strand {strand}", period, None)
            add(rows, ["business_type"], "strand*business_type", period, strand)
    add(hate, ["victim_ethnicity", "business_type"], "victim_ethnicity*business_type", None, None)
    add(frame, ["hate_status"], "hate_status", None, None)
    for breakdown in groups:
        if breakdown not in ("all", "victim_ethnicity", "business_type"):
            add(hate, [breakdown], breakdown, None, None)
    for made in (counted, crimes):
        for number, table in enumerate(made):
            if table.breakdown.iloc[:1].str.startswith("strand ").any():
                strand = table.breakdown.iloc[0].removeprefix("strand ")
                made[number] = table.assign(breakdown="strand", grp=strand)
    return pd.concat(counted, ignore_index=True), pd.concat(crimes, ignore_index=True)


def funnel(counted: pd.DataFrame, crimes: pd.DataFrame) -> pd.DataFrame:
    """The funnel: breakdown, period, group, stage and the measures."""
    exits = np.full(256, "open", dtype="object")
    exits[: len(OUTCOMES)] = OUTCOMES.exit
    for start, name in ((64, "cps_decision"), (96, "court_outcome")):
        table = reference(name).sort_values("code")
        exits[start : start + len(table)] = table.exit
    exits[128:133] = "resolved"
    furthest = counted.path // 512
    state = np.where(furthest == 8, "completed", exits[counted.path % 512 // 2])
    keys = ["breakdown", "period", "grp"]
    made = []
    for stage in range(1, 9):
        here, n = furthest == stage, counted.n
        wide = counted[keys].assign(
            entered=n, progressed=n.where(furthest > stage, 0),
            **{name: n.where(here & (state == name), 0) for name in ("open", "resolved", "lost", "completed")},
            crimes=n.where(counted.path % 2 == 1, 0),
        )  # fmt: skip
        more = crimes.loc[crimes.stage >= stage, [*keys, "n"]].rename(columns={"n": "crimes"})
        table = pd.concat([wide[furthest >= stage], more]).groupby(keys, as_index=False).sum()
        made.append(table.astype(dict.fromkeys(figures.MEASURES, "int64")).assign(stage=stage))
    return pd.concat(made, ignore_index=True)


def reasons(counted: pd.DataFrame) -> pd.DataFrame:
    """How many cases stopped why: breakdown, group, stage, reason and count."""
    names = np.full(256, None, dtype="object")
    names[: len(OUTCOMES)] = "police_" + OUTCOMES.code
    for start, name, prefix in ((64, "decision", "cps_"), (96, "court", "court_")):
        names[start : start + len(LISTS[name])] = [prefix + code for code in LISTS[name]]
    names[128:133] = OTHER_REASONS
    table = counted[["breakdown", "grp", "n"]].assign(stage=counted.path // 512, reason=names[counted.path % 512 // 2])
    table = table[(counted.period == "") & table.reason.notna()]
    return table.groupby(["breakdown", "grp", "stage", "reason"], as_index=False).n.sum()


def main() -> None:
    """Runs the script and says whether its figures are right."""
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    key = os.environ["ATTRITION_PSEUDONYM_KEY"].encode("utf-8")
    started = time.perf_counter()
    incident, investigation, cps = (read(landing, out, name, key) for name in ("incident", "investigation", "cps"))
    print(f"{time.perf_counter() - started:6.2f} s  read")
    crimes = number_crimes(incident, investigation)
    pairs = link(cps, incident, investigation)
    repeated = repeat_victims(incident)
    print(f"{time.perf_counter() - started:6.2f} s  link")
    flagged = np.where(incident.hate_flagged_date == NEVER, incident.reported_date, incident.hate_flagged_date)
    removed = is_code(incident.record_status, "flag_removed") & (incident.status_date <= AS_AT).to_numpy()
    here = (incident.reported_date <= AS_AT).to_numpy() & (flagged <= AS_AT) & ~removed
    cases = incident[here].reset_index(drop=True)
    place(cases, investigation, cps, pairs, crimes)
    add_latest_values(cases, investigation, crimes)
    print(f"{time.perf_counter() - started:6.2f} s  cases")
    groups = dimensions(cases, repeated[here], bool(incident.business_type.notna().any()))
    counted, shared = count(cases, groups)
    table = funnel(counted, shared)
    table.to_parquet(out / "funnel.parquet")
    reasons(counted).to_parquet(out / "reasons.parquet")
    print(f"{time.perf_counter() - started:6.2f} s  count")
    rows = table.loc[table.period == "", ["breakdown", "grp", "stage", *figures.MEASURES]]
    print(figures.against_truth(landing, figures.funnel(rows.itertuples(index=False))))


if __name__ == "__main__":
    main()
