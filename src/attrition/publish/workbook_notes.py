"""The notes of the workbook by name, and what its shorthand means. Text only: no figure, no file."""

from collections.abc import Mapping

from attrition.publish.headline import LOW, NOT_APPLICABLE, NOT_AVAILABLE

# The Analysis Function's shorthand for low reliability and for what is withheld.
UNRELIABLE = "[u]"
CONFIDENTIAL = "[c]"

# Those of the restricted tier.
NOTES = {
    "unit": "The unit is the incident: one hate-flagged occurrence and victim, followed from report to "
    "court. It is neither "
    "the crime, nor the suspect, nor the defendant, so figures differ from those that count these.",
    "so_far": "'So far' divides the cases that went on by all that reached the stage; 'at most' adds those "
    "still open, as "
    "if every one of them went on. The final rate lies between the two. Compare groups or periods only where "
    "the two are close.",
    "lost": "A case is lost where it stopped short of a conviction and of any other disposal. Cases ended "
    "another way (non-crime incidents, cautions, community resolutions, other agencies) are not attrition. "
    "An open case is never lost.",
    "recorded": "The base is the cases recorded as crimes. A case that did not become a crime is in the row "
    "Reported only.",
    "crimes": "Distinct crimes among the cases at this stage: the figure to hold against police statistics. "
    "One crime may "
    "have several victims and so several incidents.",
    "implied": "Cases that passed this stage although no record says so, for example charged without a "
    "referral to the CPS. "
    "They count as passed, and each is a finding.",
    "coverage": "A stage is covered where an extract that shows it has come, reaches the as-at date (a few days less is allowed), has "
    "a column or code that tells it, and has no months missing. Where it is not, nothing is known of it: missing data is not "
    "attrition, and what is not told is shown as [x], never as 0.",
    "strands": "A case may be in several strands or in none. The rows must not be added, and they do not "
    "make up all cases.",
    "ethnicity": "Self-defined ethnicity of the victim. 'Not stated' was asked and not given; 'Unknown' was "
    "not recorded or "
    "not readable.",
    "business": "Kind of business that was the victim. 'Unknown' was not recorded; 'Not a business' only "
    "where the source "
    "tells the two apart.",
    "small": "With a base of a few cases a rate jumps with each case. Rates on a base below the number "
    "named on the sheet "
    "are shown as [u]; the counts beside them stand, and the sheet All figures has every rate.",
    "uplift": "A sentence uplift for hostility is announced in court and recorded by the CPS. It depends on "
    "the law for each "
    "strand (aggravated offences exist for race and religion only), so uplift is shown for all cases and "
    "never "
    "compared between strands. A conviction without it is not a lost case.",
    "support": "Victim support is recorded when a case closes. It describes closed cases; it does not compare groups.",
    "counts": "Rows read = accepted + duplicate + out of scope + quarantined, for every file. Superseded "
    "rows were accepted "
    "earlier and have been replaced since; they stay in accepted.",
    "interval": "95 % interval. Every rate varies by chance; 'from' and 'to' are the limits within which the rate behind "
    "it plausibly lies. Where those of two groups overlap widely, do not speak of a difference.",
    "same_age": "Cases are looked at on the same day of their lives, counted from recording: old and new cases have had the "
    "same time. Only cases old enough count. A period counts once its youngest case is old enough; until then it shows [x] "
    "and the day from which it can be used.",
    "undated": "Cases with an identified suspect of whom no day is known. They are taken to have been identified in time, so "
    "many of them make the rate too high.",
    "timing": "Open cases are still counted as waiting on the last day known of them; they are not lost. 'Followed to day' is the "
    "last day on which enough cases were still being watched; shares are as they stood on it. Days are those of the "
    "cases that made the step by then, so they say nothing of those that never do.",
    "not_timed": "Cases that reached the first stage but cannot be timed: a day is not known, the case ended before the "
    "stage began, the stage began after the feeds end, or the case had left before it was flagged.",
    "thin": "The fewest cases that were being watched on any day on which one left. Below about 20, single cases move the shares.",
    "difference": "A difference between groups is no proof of bias: offences, evidence and recording differ between "
    "them. Outcomes are compared at the same age. Victim support is not compared, since it is recorded when a case closes. Emergency "
    "workers stand apart and are in no other comparison. 'Stands out' allows for the number of comparisons made.",
    "like": "The same ratio when each case is compared only with cases of the same offence group, area and quarter.",
    "standardised": "Share of the group's cases for which there are comparable cases in the others.",
    "handover": "Every case with an identified suspect stands in one category. Sent back: the CPS's last word was an action plan; "
    "overdue: its answer is late. Both need the CPS event extract.",
    "limits": "Areas and units that do the same work vary by chance. Beyond the 95 % limits a closer look is worth while; beyond 99.8 % "
    "it is needed. Limits need at least ten areas or units. They show neither who is better nor why.",
    "chart": "Mean of the series, and limits of its ordinary month-to-month variation. Signals: beyond limits; shift (seven "
    "in a row on one side of the mean); trend (seven in a row rising or falling); two of three (near the same limit). "
    "One point alone proves little; look first at what happened then.",
    "way": "Stages passed, in order; in brackets a stage of which no record tells, implied by a later one.",
    "withdrawal": "A case counts once, where it ended: police outcomes 14 and 16, and the CPS reasons that the victim retracted "
    "or did not attend. Open cases do not count: the victim may come back.",
    "unlinked": "What each side did in the year, whenever the incident was reported, linked or not. Units differ between rows: "
    "divide no row by another. Rates are given only where both counts have one unit.",
    "positive": "There is no one definition of a positive outcome: each set is named. The latest police outcome decides; a charge of "
    "which only the CPS tells is in none.",
}
NOTE_NUMBER = {name: number for number, name in enumerate(NOTES, start=1)}

# Those of the board and public tiers, whose counts are protected.
RELEASED_NOTES = {
    **{
        name: NOTES[name]
        for name in ("unit", "so_far", "lost", "recorded", "coverage", "strands", "ethnicity", "business")
    },
    "protection": "Small counts are hidden and shown as [c], and so are some larger ones, so that no hidden count can be worked out "
    "from totals, from other tables or from earlier publications. [c] does not say which of the two it is. A 0 is shown. Rates are "
    "divided from the counts as they are shown; where one of these is hidden, so is the rate.",
    "rounding": "In the public tier counts are rounded to a multiple of 5, each by itself, so parts need not add up to their total. In the "
    "other tiers counts are not rounded.",
    "periods": "Only quarters and financial years that have ended are shown, by the day of report. A period's figures stay as they "
    "were counted, on the day in 'Counted as at', until all periods are counted anew; cases that have moved on since are not in them.",
    "uplift": "A sentence uplift for hostility is announced in court and recorded by the CPS. It is shown for all cases and never "
    "compared between strands, since aggravated offences exist for race and religion only. A conviction without it is no lost case.",
    "interval": NOTES["interval"],
    "same_age": "Cases are looked at on the same day of their lives, counted from recording: old and new cases have had the same time. "
    "A period counts once its youngest case is old enough; until then it shows [x] and the day from which it can be used.",
    "weeks": "Of the cases that made the step, half made it within the first number of whole weeks, 75 % and 90 % within the others. "
    "They say nothing of cases that never do. [low] stands where too few cases made the step.",
    "curve": "Share of the cases at the first stage that had gone on, were lost, or had ended another way by that day. Cases still open "
    "count as waiting for as long as they have been seen; they are not lost.",
    "reasons": "A case is counted once, where it stopped. For all cases the stage is told; for groups a reason is counted at any stage. "
    "Open cases are in none.",
}

SHORTHAND = {
    NOT_APPLICABLE: "not applicable: the question does not arise here, or there is nothing to divide by",
    NOT_AVAILABLE: "not available: too early to say, or not told by any extract",
    LOW: "above 0 but would be rounded to 0.0%",
    UNRELIABLE: "low reliability: a rate, or a number of days, on too few cases to be read",
}
# What else the shorthand means on the sheets of the board and public tiers.
RELEASED_SHORTHAND: Mapping[str, str] = {
    CONFIDENTIAL: "confidential: hidden so that nobody can be recognised, be it from this figure or with its help",
    **SHORTHAND,
}
