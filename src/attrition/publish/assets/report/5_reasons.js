// Why cases stopped, at each step; and how many were lost because the victim did not support action.

const stageName = (at) => (at < 0 ? "At any stage" : data.stages[at].label);
const EXITS = { lost: "Lost", resolved: "Ended another way" };
// A conviction without an uplift is neither lost nor ended another way.
const exitName = (stage, exit) => (stage >= LAST ? "Convicted; no uplift recorded, or not known (not a loss)" : EXITS[exit]);
const reasonName = (group) => group.charAt(0).toUpperCase() + group.slice(1);

/** Counts of one stage and exit by group of reasons, the largest first. */
function byGroup(rows) {
  const found = new Map();
  for (const row of rows) found.set(row.reason_group, [...(found.get(row.reason_group) || []), row.count]);
  return [...found].map(([group, counts]) => ({ group, ...sum(counts), total: counts.length === 1 ? counts[0] : null }))
    .map((one) => ({ ...one, text: one.total !== null ? count(one.total) : sumText(one) }))
    .filter((one) => one.text !== "0")
    .sort((a, b) => b.value - a.value || (a.group < b.group ? -1 : 1));
}

function reasonBars(rows, stages) {
  const most = Math.max(1, ...stages.flatMap((at) => ["lost", "resolved"].flatMap((exit) =>
    byGroup(rows.filter((row) => row.stage === at && row.exit === exit)).map((one) => one.value))));
  return stages.map((at) => el("div", { class: "step" }, el("h3", {}, stageName(at)), ["lost", "resolved"].map((exit) => {
    const groups = byGroup(rows.filter((row) => row.stage === at && row.exit === exit));
    if (!groups.length) return "";
    return [el("h4", {}, exitName(at, exit)), el("ul", { class: "reasons" }, groups.map((one) => el("li", {},
      el("span", {}, reasonName(one.group)),
      one.shown ? barOf([[exit === "lost" ? "lost" : "ended", one.value / most]]) : el("div", { class: "bar none", "aria-hidden": "true" }, "hidden"),
      el("b", {}, one.text))))];
  })));
}

function reasonSummary(rows, stages) {
  const parts = stages.map((at) => {
    const first = byGroup(rows.filter((row) => row.stage === at && row.exit === "lost")).find((one) => one.value > 0);
    if (!first) return "";
    return `${lower(stageName(at))}, most cases lost (${first.text}) ${because(first.group).replace(/^because /, "because ")}`;
  }).filter(Boolean);
  const hidden = rows.some((row) => !isShown(row.count)) ? " Hidden counts are left out of this." : "";
  return parts.length ? `Where cases stopped: ${parts.join("; ")}.${hidden}` : "No reason for a loss is shown here.";
}

function showReasons(choice) {
  const found = answer("reasons", choice);
  const stages = [...new Set(found.rows.map((row) => row.stage))].sort((a, b) => a - b);
  if (!stages.length) {
    fill("reasons-content", scopeLine(choice), paragraph("No reasons are published."));
    return;
  }
  const detailed = found.rows.some((row) => row.label);
  const headings = ["Stage", "Exit", "Group of reasons", ...(detailed ? ["Reason"] : []), "Cases"];
  const rows = found.rows.map((row) => [stageName(row.stage), exitName(row.stage, row.exit), reasonName(row.reason_group), ...(detailed ? [row.label] : []), count(row.count)]);
  const drawn = reasonBars(found.rows, stages);
  fill("reasons-content", scopeLine(found.choice), notExact(found, choice, "Reasons are"),
    paragraph(reasonSummary(found.rows, stages), "told"),
    paragraph("A case that ended another way (a caution, a community resolution, another agency) is not attrition.", "quiet"),
    el("div", { class: "steps" }, drawn), shorthand(drawn.map((one) => one.textContent)),
    folded("reasons", `Reasons for which cases stopped, ${scope(found.choice)}, in incidents`, headings, rows, { words: detailed ? [0, 1, 2, 3] : [0, 1, 2] }));
}

const shareText = (row, name, of) => (isShown(row[name]) ? `, ${percent(row[name])} of ${of} (95% interval ${range(row[`${name}_lower`], row[`${name}_upper`])})` : "");

function withdrawalSentence(row, choice) {
  if (!isShown(row.withdrew)) return `How many cases were lost because the victim did not support action cannot be shown: [${row.withdrew}].`;
  const number = `${row.at_least ? "At least " : data.isRounded && row.withdrew ? "About " : ""}${nounAfter(row.withdrew, "case was", "cases were")}`;
  const ofLost = isShown(row.lost) ? shareText(row, "share_of_lost", `the ${count(row.lost)} lost`) : "";
  const ofRecorded = isShown(row.recorded) ? shareText(row, "share_of_recorded", `the ${count(row.recorded)} recorded as crimes`) : "";
  return `${number} lost because the victim did not support action${ofLost}${ofRecorded}. (${scope(choice)})`;
}

function showWithdrawal(choice) {
  const found = answer("withdrawal", choice);
  const whole = found.rows.find((row) => row.stage < 0);
  if (!whole) {
    fill("withdrawal-content", scopeLine(choice), paragraph("Nothing is published on this."));
    return;
  }
  const sentence = withdrawalSentence(whole, found.choice);
  const steps = found.rows.filter((row) => row.stage >= 0 && LOSING.includes(row.stage) && row.withdrew !== 0);
  const rows = [...steps, whole].map((row) => [row.stage < 0 ? "All stages" : stageName(row.stage), row.at_least ? `at least ${count(row.withdrew)}` : count(row.withdrew), count(row.lost), withLimits(row, "share_of_lost")]);
  const content = [scopeLine(found.choice), notExact(found, choice, "This is"), paragraph(sentence, "lead"), shorthand([sentence])];
  const told = steps.filter((row) => isShown(row.withdrew)).map((row) => `${count(row.withdrew)} at the stage “${stageName(row.stage)}”`);
  if (told.length) content.push(paragraph(`By stage: ${told.join("; ")}.`, "told"));
  if (whole.source === "reasons" && !data.isProtected) content.push(otherSource(found.choice));
  content.push(paragraph("Support is recorded when a case closes, and victims withdraw for many reasons: this says what the records say, not why.", "quiet"));
  content.push(folded("withdrawal", `Lost because the victim did not support action, ${scope(found.choice)}, in incidents`, ["Stage", "Victim did not support", "All lost there", "Share of the lost (95% interval)"], rows));
  fill("withdrawal-content", content);
}

/** The table of withdrawals knows more than the reasons, for all periods together. */
function otherSource(choice) {
  const rows = tables.withdrawal.get(key(ALL_PERIODS, choice.breakdown, choice.group)) || [];
  const whole = rows.find((row) => row.stage < 0 && row.source === "withdrawal");
  if (!whole) return "";
  return paragraph(`Counted by the police outcome with which a case stopped. Over all periods the CPS's reasons are known too (the victim retracted or did not come to court): then it is ${count(whole.withdrew)} of ${count(whole.lost)} lost${shareText(whole, "share_of_lost", "these")}.`, "notice");
}
