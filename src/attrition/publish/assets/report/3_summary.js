// The first screen: of so many reported, how many went how far, where the largest loss is, and why.

// How a group of reasons is said in a sentence; another group is named as it is.
const WHY = {
  "victim does not support": "the victim did not support action",
  evidential: "the evidence was not enough",
  "no suspect": "no suspect was identified",
  "public interest": "action was not in the public interest",
  "time limit": "the time limit for prosecution had passed",
  court: "of what happened at court",
  "other agency": "another agency took it on",
  "out of court": "it was dealt with out of court",
  "not recorded": "it was not recorded as a crime",
};
const because = (group) => (WHY[group] ? `because ${WHY[group]}` : `for the reason “${group}”`);
const AFTER = {
  recorded: "after being recorded as crimes and before a suspect was identified",
  suspect_identified: "after a suspect was identified and before referral to the CPS",
  referred: "after referral to the CPS and before a charge",
  charged: "after a charge and before a first hearing",
  prosecuted: "after a first hearing and before a conviction",
};
const about = data.isRounded ? "about " : "";

/** Cases not ended and not yet convicted, over all stages: the sum with what is hidden or not available of it. */
function openOf(funnel) {
  const found = sum(funnel.slice(0, LAST).map((row) => row.open));
  found.missing = found.missing || funnel.slice(0, LAST).some((row) => !row.known);
  return found;
}

const sumText = (found) => {
  if (found.missing) return "[x]";
  if (!found.shown) return "[c]";
  return found.more ? `at least ${about}${count(found.value)}` : `${found.value ? about : ""}${count(found.value)}`;
};

/** The stage where most cases shown were lost, or null; `partly` where a loss is hidden or cannot be judged. */
function largestLoss(funnel) {
  const rows = LOSING.map((at) => funnel[at]);
  const judged = rows.filter((row) => row.known && isShown(row.lost));
  const most = Math.max(0, ...judged.map((row) => row.lost));
  const largest = most > 0 ? judged.filter((row) => row.lost === most) : [];
  return { row: largest[0] || null, ties: largest.length > 1, partly: judged.length < rows.length };
}

/** Reasons of lost cases by group, the commonest first: of one stage, or of any where no stage is told. */
function lossReasons(rows, stage) {
  const lost = rows.filter((row) => row.exit === "lost");
  const here = lost.filter((row) => row.stage === stage);
  const totals = new Map();
  for (const row of here.length ? here : lost.filter((one) => one.stage < 0)) {
    totals.set(row.reason_group, [...(totals.get(row.reason_group) || []), row.count]);
  }
  const groups = [...totals].map(([group, counts]) => ({ group, ...sum(counts) })).filter((one) => one.value > 0);
  return { anyStage: !here.length, groups: groups.sort((a, b) => b.value - a.value) };
}

function lossSentence(funnel, choice) {
  const { row, ties, partly } = largestLoss(funnel);
  const among = partly ? " among the steps that can be judged" : "";
  if (!row) return partly ? "" : "No case was lost on its way.";
  const share = isShown(row.entered) && row.entered > 0 ? ` of the ${count(row.entered)} that came so far` : "";
  const stage = data.stages[row.stage].key;
  const first = `The largest loss${among}: ${about}${count(row.lost)}${share} ${row.lost === 1 ? "was" : "were"} lost ${AFTER[stage]}${ties ? "; as many were lost at another step" : ""}.`;
  const found = answer("reasons", choice, (one) => one.exit === "lost");
  const { anyStage, groups } = lossReasons(found.rows, row.stage);
  if (!groups.length) return first;
  const why = `${because(groups[0].group)} (${about}${count(groups[0].value)})`;
  const at = anyStage ? "over all steps, cases were lost most often" : "most often that was";
  return found.exact ? `${first} ${at.charAt(0).toUpperCase()}${at.slice(1)} ${why}.` : `${first} Reasons are published for ${scope(found.choice)}: there, ${at} ${why}.`;
}

/** One sentence: of so many reported, how many went how far. It is also what is read aloud after a change. */
function wayIn(funnel, choice) {
  // A stage that is not covered is seen by way of later ones only.
  const at = (stage) => {
    const row = funnel[stageAt[stage]];
    return `${isShown(row.entered) && !row.covered ? "at least " : ""}${count(reached(row))}`;
  };
  const were = (stage) => `${at(stage)} ${at(stage) === "1" ? "was" : "were"}`;
  const before = choice.breakdown === breakdownOfAll ? "Of" : `${groupName(choice)}: of`;
  return `${before} ${about}${at("reported")} ${at("reported") === "1" ? "case" : "cases"} reported ${inPeriod(choice)}, ${were("recorded")} recorded as crimes. ` +
    `A suspect was identified in ${at("suspect_identified")}, ${were("referred")} referred to the CPS, ${were("charged")} charged ` +
    `and ${at("convicted")} ended in a conviction so far; ${sumText(openOf(funnel))} ${sumText(openOf(funnel)) === "1" ? "is" : "are"} still open.`;
}

const tile = (name, figure, told, look = "") =>
  el("div", { class: `tile ${look}`.trim() }, el("dt", {}, name), el("dd", {}, el("b", {}, figure), el("span", {}, told)));

function tilesOf(funnel) {
  const names = { reported: "Reported", recorded: "Recorded as crimes", suspect_identified: "Suspect identified", referred: "Referred to the CPS", charged: "Charged", convicted: "Convicted" };
  const tiles = Object.entries(names).map(([stage, name]) => {
    const row = funnel[stageAt[stage]];
    const rate = row.covered ? row.rate_of_recorded : "x";
    let told = isShown(rate) ? `${percent(rate)} of recorded (${range(row.rate_of_recorded_lower, row.rate_of_recorded_upper)})` : "";
    if (stage === "reported") told = "incidents";
    if (stage === "recorded") told = "incidents; the base of the shares";
    if (!row.covered) told = isShown(row.entered) ? "at least; not covered" : "not available";
    else if (row.entered === "x") told = "not available";
    else if (row.entered === "c") told = "hidden to protect people";
    return tile(name, count(reached(row)), row.small && isShown(rate) ? `${told}; few cases` : told);
  });
  const open = openOf(funnel);
  return el("dl", { class: "tiles" }, tiles, tile("Still open", sumText(open), "not lost; they may still go on", "open"));
}

function maturity(funnel, choice) {
  const period = data.periods[choice.period];
  const open = openOf(funnel);
  const base = funnel[stageAt.reported].entered;
  const notes = [];
  if (!period.closed) notes.push("This period is not over yet.");
  if (!open.missing && open.shown && isShown(base) && open.value / base >= 0.03) {
    notes.push(`Many cases are still open (${sumText(open)} of ${count(base)}): the later figures will still rise. See the section on trends for periods that can be compared.`);
  }
  if (period.partial && period.closed) notes.push("Only a part of this period is in the data.");
  notes.push(notTold(choice));
  return paragraph(notes.filter(Boolean).join(" "), "notice");
}

function showSummary(choice, funnel) {
  if (!funnel.length) {
    fill("summary-content", paragraph(`No figures are published for ${scope(choice)}.`, "lead"));
    return `No figures are published for ${scope(choice)}.`;
  }
  const first = wayIn(funnel, choice);
  const tiles = tilesOf(funnel);
  const loss = lossSentence(funnel, choice);
  fill("summary-content", paragraph(first, "lead"), tiles, paragraph(loss, "lead"), maturity(funnel, choice), shorthand([first, tiles.textContent, loss]));
  return first;
}
