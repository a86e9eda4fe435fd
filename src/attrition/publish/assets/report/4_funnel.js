// The funnel: one bar a stage, open, ended another way and lost apart; and all groups of a breakdown side by side.

const STATES = [
  ["progressed", "went-on", "went on"],
  ["open", "open", "still open"],
  ["resolved", "ended", "ended another way"],
  ["lost", "lost", "lost"],
];
const HIDDEN = "hidden";

/** What stands beside a bar: every state in words with its colour. */
function statesOf(row) {
  if (!row.covered) return [["hidden", `[x] Not covered: ${row.why}. ${MISSING}`]];
  if (row.entered === 0) return [];
  if (row.stage >= LAST) {
    const uplift = row.known ? row.progressed : "x";
    return [[isShown(uplift) ? "went-on" : HIDDEN, `${count(uplift)} with a sentence uplift recorded (stands apart; a conviction without it is not a loss)`]];
  }
  const parts = STATES.map(([name, look, text]) => [isShown(row[name]) ? look : HIDDEN, `${count(row[name])} ${text}`, row[name]]);
  if (!row.known) return [...parts.filter(([, , figure]) => isShown(figure) && figure > 0), ["hidden", `[x] What followed is not known: ${row.whyUnknown}. ${MISSING}`]];
  return parts.filter(([, , figure]) => figure !== 0);
}

function segments(row, width) {
  if (!isShown(row.entered) || !row.covered) return [];
  if (row.entered === 0) return [];
  const whole = row.entered;
  if (row.stage >= LAST) return [["went-on", width]];
  if (!row.known) return [[HIDDEN, width]];
  const shown = STATES.filter(([name]) => isShown(row[name]));
  const total = shown.reduce((so_far, [name]) => so_far + row[name], 0);
  // Rounded parts may come to a little more than their whole.
  const scale = width / Math.max(whole, total);
  const parts = shown.map(([name, look]) => [look, row[name] * scale]);
  return shown.length < STATES.length ? [...parts, [HIDDEN, (Math.max(whole, total) - total) * scale]] : parts;
}

/** The share of the recorded cases that came so far; nobody of so many where the tables leave out an empty stage. */
function ofRecorded(funnel, stage) {
  const recorded = funnel[stageAt.recorded].entered;
  if (!funnel[stage].covered) return "[x]";
  return funnel[stage].entered === 0 && !isShown(funnel[stage].rate_of_recorded) && recorded > 0 ? `0 of ${count(recorded)}` : withLimits(funnel[stage], "rate_of_recorded");
}

function hiddenBar(row) {
  if (row.covered && isShown(row.entered)) return null;
  const text = row.covered && row.entered === "c" ? "[c] hidden to protect people: not drawn as zero" : "[x] not available: not drawn as zero";
  return el("div", { class: "bar none", "aria-hidden": "true" }, text);
}

function bars(funnel, byShare) {
  const most = Math.max(1, ...funnel.filter((row) => row.covered && isShown(row.entered)).map((row) => row.entered));
  return el("ol", { class: "funnel" }, funnel.slice(0, LAST + 1).map((row) => {
    const width = byShare ? 1 : row.entered / most;
    const hidden = STATES.some(([name]) => row[name] === "c") && row.stage < LAST && row.covered;
    return el("li", {},
      el("h3", {}, `${data.stages[row.stage].label}: `, el("b", {}, count(reached(row)))),
      hiddenBar(row) || barOf(segments(row, width)),
      el("ul", { class: "states" }, statesOf(row).map(([look, text]) => el("li", {}, el("i", { class: `swatch ${look}`, "aria-hidden": "true" }), text))),
      paragraph([
        row.entered === 0 && row.covered ? "No case came so far." : row.stage < LAST ? `Went on: ${stepRate(row, "step_rate")} so far, ${stepRate(row, "step_rate_max")} at most.` : "",
        hidden ? "A hidden part is drawn hatched, not as zero." : "",
        row.small && row.covered ? "Few cases: one case more or less moves this share a good deal." : "",
      ].filter(Boolean).join(" "), "quiet"));
  }));
}

function funnelTable(funnel, choice) {
  const rows = funnel.map((row) => [
    data.stages[row.stage].label, count(reached(row)), ...(row.stage >= LAST ? ["[z]", "[z]", "[z]", "[z]"] : STATES.map(([name]) => count(row.covered ? row[name] : "x"))),
    row.stage >= LAST ? "[z]" : stepRate(row, "step_rate"), row.stage >= LAST ? "[z]" : stepRate(row, "step_rate_max"),
    ofRecorded(funnel, row.stage), row.small ? "yes" : "no", row.covered ? "yes" : `NO: ${row.why}`,
  ]);
  return folded("funnel", `The funnel, ${scope(choice)}, in incidents`, ["Stage", "Reached", "Went on", "Still open", "Ended another way", "Lost", "Went on so far (95% interval)", "Went on at most (95% interval)", "Reached, of recorded (95% interval)", "Few cases", "Covered"], rows);
}

const FUNNEL_SUMMARY = (funnel) => {
  const steps = LOSING.map((at) => funnel[at]).filter((row) => row.known && isShown(row.lost) && isShown(row.entered));
  const lost = sum(steps.map((row) => row.lost));
  const more = steps.length < LOSING.length ? " in the steps that can be judged" : "";
  return `The bars show how many cases reached each stage and what became of them: over the steps from record to conviction, ${about}${count(lost.value)} were lost${more}. Open cases are drawn apart and are never counted as lost. Shares carry their 95% interval in brackets.`;
};

function showFunnel(choice, funnel) {
  if (!funnel.length) {
    fill("funnel-content", scopeLine(choice), paragraph(`No figures are published for ${scope(choice)}.`));
    return;
  }
  const drawn = bars(funnel, document.querySelector("input[name=scale]:checked").value === "share");
  fill("funnel-content", scopeLine(choice), paragraph(FUNNEL_SUMMARY(funnel), "told"),
    keyOf([["went-on", "went on to the next stage"], ["open", "still open"], ["ended", "ended another way (not attrition)"], ["lost", "lost"], ["hidden", "hidden or not available"]]),
    drawn, shorthand([drawn.textContent]), funnelTable(funnel, choice));
}

/** All groups of the breakdown chosen, in the order of their code list: never by size. */
function showGroups(choice) {
  const breakdown = data.breakdowns[choice.breakdown];
  place("groups").hidden = choice.breakdown === breakdownOfAll;
  if (choice.breakdown === breakdownOfAll) return;
  const rows = [];
  breakdown.groups.forEach((group, at) => {
    const funnel = funnelOf({ ...choice, group: at });
    if (!funnel.length) return;
    const step = funnel[stageAt.recorded];
    rows.push([group.label, ...["reported", "recorded", "suspect_identified", "referred", "charged", "convicted"].map((stage) => count(reached(funnel[stageAt[stage]]))),
      sumText(openOf(funnel)), stepRate(step, "step_rate"), stepRate(step, "step_rate_max"),
      ofRecorded(funnel, LAST)]);
  });
  const caption = `${breakdown.label}, ${periodName(choice)}: all groups, in incidents`;
  fill("groups-content", scopeLine({ ...choice, breakdown: breakdownOfAll, group: 0 }),
    paragraph(breakdown.addsUp ? "The groups add up to all cases, apart from what is hidden or rounded." : "A case may be in several groups or in none: never add the rows. They stand in a fixed order, which is no ranking.", "told"),
    ...tableOf("groups", caption, ["Group", "Reported", "Recorded", "Suspect identified", "Referred", "Charged", "Convicted", "Still open", "Suspect identified, of recorded, so far (95% interval)", "The same at most (95% interval)", "Convicted, of recorded, so far (95% interval)"], rows));
}
