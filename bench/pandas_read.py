"""The first half of the pandas script: reads an extract, types it, makes pseudonyms, drops duplicates, writes Parquet.

Dates are whole days since 1970 and codes are categories, parsed once for each distinct value.
"""

import hmac
from pathlib import Path

import figures
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

NEVER = np.iinfo(np.int32).max
STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender")


def reference(name: str) -> pd.DataFrame:
    """A table of the reference data, all text."""
    return pd.read_csv(figures.REFERENCE / f"{name}.csv", dtype=str, keep_default_na=False)


OUTCOMES = reference("outcome").assign(number=lambda o: o.number.astype(int))
OUTCOMES = OUTCOMES.assign(resolved=OUTCOMES.exit == "resolved").sort_values(
    ["resolved", "implies_suspect", "number", "code"], ignore_index=True
)
LISTS = {name: list(codes) for name, codes in reference("code_list").groupby("list").code}
LISTS |= {
    "business_type": [*LISTS["business_type"], "unknown"],
    "outcome": list(OUTCOMES.code),
    "decision": sorted(reference("cps_decision").code),
    "court": sorted(reference("court_outcome").code),
    "ethnicity": [*reference("ethnicity").code, "unknown"],
    "force": list(reference("force").code),
    "yn": ["N", "Y"],
    "support": sorted(LISTS["victim_support"]),
}
UPPER = ("outcome", "ethnicity", "victim_sex", "yn")
CODES = {
    "incident": {
        "force": "force", "incident_class": "incident_class", "record_status": "record_status", "comparison": "yn",
        **{f"hate_{strand}": "yn" for strand in STRANDS}, "victim_type": "victim_type", "victim_ethnicity": "ethnicity",
        "victim_sex": "victim_sex", "business_type": "business_type", "reporting_channel": "reporting_channel",
    },
    "investigation": {
        "force": "force", "suspect_sex": "victim_sex", "victim_support": "support", "word_on_word": "yn",
        "outcome_code": "outcome",
    },
    "cps": {
        "force": "force", "defendant_sex": "victim_sex", "decision": "decision", "prosecution_outcome": "court",
        "outcome_reason": "outcome_reason", "uplift": "yn", "aggravated_offence": "yn",
        **{f"flag_{strand}": "yn" for strand in STRANDS},
    },
}  # fmt: skip
FREE = ("offence_code", "local_authority", "area_command", "religion_targeted", "hate_local", "investigating_unit")
NUMBERS = ("victim_age", "suspect_birth_year", "defendant_birth_year")
IDENTIFIERS = {
    "victim_id": "victim", "premises_id": "premises", "suspect_id": "suspect", "asn": "asn", "defendant_id": "defendant",
}  # fmt: skip
UNLISTED = ("victim_ethnicity", "business_type")
WITHIN_FORCE = ("victim_id", "premises_id", "suspect_id")
REQUIRED = {
    "incident": ["force", "incident_id", "incident_class", "reported_date"],
    "investigation": ["force", "crime_ref"],
    "cps": ["urn", "defendant_id", "received_date"],
}
KEYS = {"incident": ["force", "incident_id", "victim_no"], "cps": ["urn", "defendant_id", "police_crime_ref"]}


def plain(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """A reference in upper case, of letters and digits only."""
    return pc.replace_substring_regex(pc.utf8_upper(text), "[^A-Z0-9]", "")


def coded(text: pa.ChunkedArray, codes: list[str], case: str, unlisted: str | None) -> pd.Categorical:
    """Codes as a category; what is not listed is empty, or `unlisted`."""
    position, values = pd.factorize(text.to_pandas(types_mapper=pd.ArrowDtype))
    values = (
        pd.Series(values).astype("str").str.upper() if case == "upper" else pd.Series(values).astype("str").str.lower()
    )
    if unlisted:
        values = values.where(values.isin(codes), unlisted)
    listed = pd.Index(codes).get_indexer(values)
    return pd.Categorical.from_codes(np.append(listed, -1)[position], codes)


def days(text: pa.ChunkedArray) -> np.ndarray:
    """Dates as days; NEVER where there is none or it cannot be read."""
    position, values = pd.factorize(text.to_pandas(types_mapper=pd.ArrowDtype))
    read = pd.to_datetime(pd.Series(values).astype("str").str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    number = read.to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.append(np.where(read.isna(), NEVER, number), NEVER).astype(np.int32)[position]


def pseudonyms(text: pa.ChunkedArray, kind: str, force: pa.Array | None, key: bytes) -> tuple[pa.Array, np.ndarray]:
    """Identifiers as the first 128 bits of their HMAC-SHA256, hashed once for each distinct value; and the first 64
    bits as a number (0: none), which is quicker to join by."""
    text = pc.utf8_upper(text) if kind != "asn" else plain(text)
    if force is not None:
        text = pc.binary_join_element_wise(force, text, " ")
    encoded = text.combine_chunks().dictionary_encode()
    made = [hmac.digest(key, f"{kind} {value}".encode(), "sha256")[:16] for value in encoded.dictionary.to_pylist()]
    numbers = np.frombuffer(b"".join(made), dtype=np.int64)[::2]
    position = encoded.indices.fill_null(len(made)).to_numpy()
    return pa.array(made, pa.binary(16)).take(encoded.indices), np.append(numbers, 0)[position]


def read(landing: Path, out: Path, name: str, key: bytes) -> pd.DataFrame:
    """The typed rows of one extract that can be counted, without duplicates; written to `out` as Parquet."""
    file = landing / f"{name}_MADE_UP.csv"
    with file.open(encoding="utf-8") as lines:
        header = lines.readline().strip().split(",")
    table = csv.read_csv(
        file,
        parse_options=csv.ParseOptions(invalid_row_handler=lambda row: "skip"),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
        ),
    )
    columns: dict[str, object] = {}
    whole: dict[str, pa.Array] = {}
    for column in header:
        text = pc.utf8_trim_whitespace(table[column])
        if column in CODES[name]:
            codes, case = LISTS[CODES[name][column]], "upper" if CODES[name][column] in UPPER else "lower"
            columns[column] = coded(text, codes, case, "unknown" if column in UNLISTED else None)
        elif column.endswith("_date"):
            columns[column] = days(text)
        elif column in IDENTIFIERS:
            force = pc.utf8_lower(pc.utf8_trim_whitespace(table["force"])) if column in WITHIN_FORCE else None
            whole[column], columns[column] = pseudonyms(text, IDENTIFIERS[column], force, key)
        elif column in NUMBERS:
            digits = pc.if_else(pc.match_substring_regex(text, "^[0-9]{1,4}$"), text, pa.scalar(None, pa.string()))
            columns[column] = pc.cast(digits, pa.int16()).to_pandas(types_mapper=pd.ArrowDtype)
        elif column in FREE:
            columns[column] = text.to_pandas(types_mapper=pd.ArrowDtype).astype("category")
        else:
            filled = pc.fill_null(text, "1") if column == "victim_no" else text
            columns[column] = (plain(filled) if column == "urn" else filled).to_pandas(types_mapper=pd.ArrowDtype)
    frame = pd.DataFrame(columns)
    del table
    countable = np.ones(len(frame), dtype=bool)
    for column in REQUIRED[name]:
        values = frame[column]
        empty = values == NEVER if column.endswith("_date") else values == 0 if column in IDENTIFIERS else values.isna()
        countable &= ~empty.to_numpy(dtype=bool)
    if name == "incident":
        countable &= ((frame.incident_class != "crime") | frame.crime_ref.notna()).to_numpy(dtype=bool)
    frame = frame[countable]
    if name in KEYS:
        twin = frame.duplicated(KEYS[name], keep="last")
    else:
        twin = pd.util.hash_pandas_object(frame, index=False).duplicated(keep="last")
    frame = frame[~twin.to_numpy()]
    kept = pa.array(frame.index.to_numpy())
    written = {}
    for column in header:
        values = frame[column]
        if column in whole:
            written[column] = whole[column].take(kept)
        elif column.endswith("_date"):
            written[column] = pa.array(values.to_numpy(), pa.int32(), mask=(values == NEVER).to_numpy()).cast(
                pa.date32()
            )
        else:
            written[column] = pa.array(values)
    parquet.write_table(pa.table(written), out / f"{name}.parquet")
    return frame.reset_index(drop=True)
