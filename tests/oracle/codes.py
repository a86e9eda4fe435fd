"""The code lists of the SPEC, written out a second time: columns and their kinds, keys, codes, stages.

Holds literals only. It is typed from the specification, not read from data/reference, so that a slip in
either place shows.
"""

STAGES = (
    "reported",
    "recorded",
    "suspect_identified",
    "referred",
    "charged",
    "prosecuted",
    "convicted",
    "uplifted",
)

STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender")

FORCES = frozenset(
    {
        "avon-and-somerset",
        "bedfordshire",
        "cambridgeshire",
        "cheshire",
        "city-of-london",
        "cleveland",
        "cumbria",
        "derbyshire",
        "devon-and-cornwall",
        "dorset",
        "durham",
        "dyfed-powys",
        "essex",
        "gloucestershire",
        "greater-manchester",
        "gwent",
        "hampshire",
        "hertfordshire",
        "humberside",
        "kent",
        "lancashire",
        "leicestershire",
        "lincolnshire",
        "merseyside",
        "metropolitan",
        "norfolk",
        "north-wales",
        "north-yorkshire",
        "northamptonshire",
        "northumbria",
        "nottinghamshire",
        "south-wales",
        "south-yorkshire",
        "staffordshire",
        "suffolk",
        "surrey",
        "sussex",
        "thames-valley",
        "warwickshire",
        "west-mercia",
        "west-midlands",
        "west-yorkshire",
        "wiltshire",
        "btp",
        "northern-ireland",
    }
)

# Outcomes that end a case without a charge. 1 and 1A are the charge itself.
CHARGING_OUTCOMES = frozenset({"1", "1A"})
RESOLVED_OUTCOMES = frozenset({"2", "2A", "3", "3A", "4", "6", "7", "8", "19", "20", "22"})
LOST_OUTCOMES = frozenset({"5", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "21", "U"})
OUTCOMES = CHARGING_OUTCOMES | RESOLVED_OUTCOMES | LOST_OUTCOMES
OUTCOMES_WITHOUT_SUSPECT = frozenset({"14", "18", "19", "20", "U"})

# further_information is no deciding decision: the referral is still pending.
CPS_LOST = frozenset({"nfa_evidential", "nfa_public_interest", "admin_finalised"})
CPS_RESOLVED = frozenset({"out_of_court_disposal"})
CPS_DECIDING = CPS_LOST | CPS_RESOLVED | {"charge"}
CPS_DECISIONS = CPS_DECIDING | {"further_information"}

CONVICTIONS = frozenset({"guilty_plea", "convicted_after_trial", "proved_in_absence", "convicted"})
COURT_RESOLVED = frozenset({"bound_over"})
COURT_LOST = frozenset(
    {
        "discontinued",
        "offered_no_evidence",
        "dismissed",
        "directed_acquittal",
        "acquitted_after_trial",
        "lie_on_file",
        "unfit_or_hospital_order",
        "admin_finalised",
    }
)

ETHNIC_GROUPS = {
    **dict.fromkeys(("W1", "W2", "W3", "W4", "W9"), "white"),
    **dict.fromkeys(("M1", "M2", "M3", "M9"), "mixed"),
    **dict.fromkeys(("A1", "A2", "A3", "A4", "A9", "O1"), "asian"),
    **dict.fromkeys(("B1", "B2", "B9"), "black"),
    **dict.fromkeys(("O2", "O9"), "other"),
    "NS": "not_stated",
}

AGE_GROUPS = (
    (0, 17, "0-17"),
    (18, 24, "18-24"),
    (25, 34, "25-34"),
    (35, 44, "35-44"),
    (45, 54, "45-54"),
    (55, 64, "55-64"),
    (65, 120, "65+"),
)

# Codes as the lists write them.
CODES = {
    "incident_class": frozenset({"crime", "non_crime"}),
    "record_status": frozenset({"live", "cancelled", "transferred_out", "flag_removed"}),
    "victim_type": frozenset({"individual", "business", "emergency_worker", "organisation", "society"}),
    "ethnicity": frozenset(ETHNIC_GROUPS),
    "sex": frozenset({"F", "M", "X"}),
    "business_type": frozenset(
        {
            "taxi_private_hire",
            "convenience_store",
            "takeaway",
            "licensed_premises",
            "other_retail",
            "other_business",
            "not_business",
        }
    ),
    "reporting_channel": frozenset({"999", "101", "online", "front_counter", "third_party", "officer"}),
    "victim_support": frozenset({"supports", "does_not_support", "withdrew", "unknown"}),
    "outcome": OUTCOMES,
    "cps_decision": CPS_DECISIONS,
    "court_outcome": CONVICTIONS | COURT_RESOLVED | COURT_LOST,
    "outcome_reason": frozenset(
        {
            "victim_retraction",
            "victim_non_attendance",
            "insufficient_evidence",
            "not_in_public_interest",
            "other",
        }
    ),
    "yes_no": frozenset({"Y", "N"}),
    "force": FORCES,
}

# Column -> kind. `code <list>`: one of a list; `open`: codes of an open list, in upper case; `label`: grouped without regard
# to case; `reference`, `record`: a reference, the number of a record (of which fewer texts say nothing); `urn`: compared without
# signs; `person <kind>`: a pseudonym within a force; `anyone <kind>`: a pseudonym over the value alone.
COLUMNS: dict[str, dict[str, str]] = {
    "incident": {
        "force": "code force",
        "incident_id": "record",
        "victim_no": "number",
        "incident_class": "code incident_class",
        "crime_ref": "reference",
        "reported_date": "date",
        "recorded_date": "date",
        "hate_flagged_date": "date",
        "record_status": "code record_status",
        "status_date": "date",
        "comparison": "code yes_no",
        "offence_code": "open",
        "hate_race": "code yes_no",
        "hate_religion": "code yes_no",
        "hate_sexual_orientation": "code yes_no",
        "hate_disability": "code yes_no",
        "hate_transgender": "code yes_no",
        "hate_local": "label",
        "religion_targeted": "label",
        "victim_id": "person victim",
        "premises_id": "person premises",
        "victim_type": "code victim_type",
        "victim_ethnicity": "code ethnicity",
        "victim_sex": "code sex",
        "victim_age": "age",
        "business_type": "code business_type",
        "local_authority": "open",
        "area_command": "label",
        "reporting_channel": "code reporting_channel",
    },
    "investigation": {
        "force": "code force",
        "crime_ref": "reference",
        "suspect_id": "person suspect",
        "suspect_identified_date": "date",
        "suspect_birth_year": "year",
        "suspect_sex": "code sex",
        "asn": "anyone asn",
        "investigating_unit": "label",
        "victim_support": "code victim_support",
        "word_on_word": "code yes_no",
        "urn": "urn",
        "file_submitted_date": "date",
        "outcome_code": "code outcome",
        "outcome_date": "date",
    },
    "cps": {
        "urn": "urn",
        "defendant_id": "anyone defendant",
        "force": "code force",
        "police_crime_ref": "reference",
        "asn": "anyone asn",
        "defendant_birth_year": "year",
        "defendant_sex": "code sex",
        "received_date": "date",
        "decision": "code cps_decision",
        "decision_date": "date",
        "first_hearing_date": "date",
        "prosecution_outcome": "code court_outcome",
        "finalised_date": "date",
        "outcome_reason": "code outcome_reason",
        "uplift": "code yes_no",
        "aggravated_offence": "code yes_no",
        "flag_race": "code yes_no",
        "flag_religion": "code yes_no",
        "flag_sexual_orientation": "code yes_no",
        "flag_disability": "code yes_no",
        "flag_transgender": "code yes_no",
    },
}

# The starred columns: a row without one of them cannot be counted.
REQUIRED = {
    "incident": ("force", "incident_id", "incident_class", "reported_date"),
    "investigation": ("force", "crime_ref"),
    "cps": ("urn", "defendant_id", "received_date"),
}

# Rows of one key are one thing told twice; investigation rows have no key.
KEYS: dict[str, tuple[str, ...]] = {
    "incident": ("force", "incident_id", "victim_no"),
    "investigation": (),
    "cps": ("urn", "defendant_id", "police_crime_ref"),
}

# What an `update` replaces as a whole.
SETS: dict[str, tuple[str, ...]] = {
    "incident": ("force", "incident_id", "victim_no"),
    "investigation": ("force", "crime_ref"),
    "cps": ("urn", "force"),
}

# An unlisted code of these becomes `unknown`; any other unlisted code is blanked.
UNKNOWN_WHEN_UNLISTED = ("business_type", "victim_ethnicity")

# An outcome code without its date is blanked; the other codes stay, and do not count without a date.
NEEDS_DATE = {"outcome_code": "outcome_date"}

# Where an empty date has a meaning, an unreadable one is not empty: the earliest of these stands for it, else the day of loading.
STANDS_FOR_UNREADABLE = {"suspect_identified_date": ("file_submitted_date", "outcome_date")}

# Labels, and the columns within which their spellings are counted.
LABELS: dict[str, dict[str, tuple[str, ...]]] = {
    "incident": {"hate_local": (), "religion_targeted": (), "area_command": ("force",)},
    "investigation": {"investigating_unit": ()},
    "cps": {},
}
