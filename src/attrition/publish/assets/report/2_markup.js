// The pieces that the page is made of. Text is set as text, never as markup.

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(attribute, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== "" && child !== null && child !== undefined));
  return made;
}

const paragraph = (text, look) => (text ? el("p", { class: look }, text) : "");
const place = (id) => document.getElementById(id);
const fill = (id, ...content) => place(id).replaceChildren(...content.flat(Infinity).filter((one) => one !== "" && one !== null));

/** What the shorthand in these texts means; empty where they use none. */
function shorthand(texts) {
  const all = texts.join(" ");
  const used = Object.entries(MARKS).filter(([mark]) => all.includes(`[${mark}]`)).map(([, meaning]) => meaning);
  return used.length ? paragraph(`${used.join(". ")}.`, "quiet shorthand") : "";
}

/** A table whose first column names its rows; a row may be a list of cells. It scrolls inside a region of its own. */
function tableOf(id, caption, headings, rows, { words = [0] } = {}) {
  const look = (at) => (words.includes(at) ? "words" : "number");
  const body = rows.map((cells) => el("tr", {}, cells.map((cell, at) =>
    at === 0 ? el("th", { scope: "row", class: look(at) }, String(cell)) : el("td", { class: look(at) }, String(cell)))));
  const made = el("table", { class: "plain" },
    el("caption", {}, el("span", { id: `${id}-caption` }, caption)),
    el("thead", {}, el("tr", {}, headings.map((heading, at) => el("th", { scope: "col", class: look(at) }, heading)))),
    el("tbody", {}, body));
  const region = el("div", { class: "scrolls", role: "region", "aria-labelledby": `${id}-caption`, tabindex: "0" }, made);
  return [region, shorthand(rows.flat().map(String))];
}

/** The table of a chart, folded; printing opens it. */
const folded = (id, caption, ...rest) => {
  const open = place(`${id}-table`)?.open;
  return el("details", { class: "table", id: `${id}-table`, open: Boolean(open) }, el("summary", {}, `Table: ${caption}`), ...tableOf(id, caption, ...rest));
};

/** A key in words: [look, text] for every colour. */
const keyOf = (entries) => el("ul", { class: "key" }, entries.map(([look, text]) => el("li", {}, el("i", { class: `swatch ${look}`, "aria-hidden": "true" }), text)));

/** A bar with its parts; shares of the whole track, drawn only: the words beside it say the same. */
function barOf(parts) {
  return el("div", { class: "bar", "aria-hidden": "true" }, parts.filter(([, share]) => share > 0).map(([look, share]) => {
    const part = el("span", { class: look });
    part.style.width = `${Math.min(share, 1) * 100}%`;
    return part;
  }));
}

const notExact = (found, choice, what) => (found.exact ? "" :
  paragraph(`${what} not published for ${scope(choice)}. Shown instead: ${scope(found.choice)}.`, "notice"));
const scopeLine = (choice) => paragraph(scope(choice), "scope");

const views = {};
const waiting = {};
/** Draws a chart, or gives the one that is there new rows. Nothing is fetched and no text is run as code. */
function chart(id, specification, rows) {
  const box = place(id);
  box.hidden = rows.length === 0;
  if (!window.vegaEmbed) {
    // The words of the page come first; the library that draws stands after them in the file.
    waiting[id] = () => chart(id, specification, rows);
    return;
  }
  if (box.hidden) return;
  if (views[id]) {
    views[id] = views[id].then((view) => { view.data("rows", rows); view.resize(); return view.runAsync(); });
    return;
  }
  const made = structuredClone(specification);
  made.data.find((one) => one.name === "rows").values = rows;
  const settings = { mode: "vega", renderer: "svg", actions: false, ast: true, tooltip: false, defaultStyle: false, hover: false };
  views[id] = vegaEmbed(box, made, settings).then((result) => result.view);
}

/** Draws what waited for the library. */
function drawWaiting() {
  for (const draw of Object.values(waiting)) draw();
  return Promise.all(Object.values(views));
}
