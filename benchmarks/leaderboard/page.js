"use strict";
// Everything that comes from data is put on the page as text: by textContent or as a text node.
const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = 50;
// As many agents as can be told apart by colour, and read side by side.
const COMPARED = 8;
const SVG = "http://www.w3.org/2000/svg";
const by = (id) => document.getElementById(id);

const state = {
  board: 0, entry: 0, sort: "mean_reward", down: true, page: 0, agent: "", oracles: true,
  metric: "mean_reward", text: "", outcome: "", family: "", difficulty: "", list: 0, episode: null,
  attempt: null,
};

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, run] of Object.entries(value)) made.addEventListener(event, run);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const fixed = (value, digits = 2) => (value === null || value === undefined ? "–" : value.toFixed(digits).replace("-", "−"));
const percent = (value) => (value === null || value === undefined ? "–" : `${fixed(100 * value, 1)} %`);
const shown = (rate) => (rate ? percent : fixed);

function bounds(estimate, rate) {
  if (!estimate || estimate.low === null) return "";
  const scale = rate ? 100 : 1;
  const digits = rate ? 1 : 2;
  return `[${fixed(scale * estimate.low, digits)}, ${fixed(scale * estimate.high, digits)}]`;
}

// ---------------------------------------------------------------- the ranking

const board = () => data.boards[state.board];
const budget = (one) => (one.budget === null ? "" : `${one.budget.toLocaleString("en")} programs in all`);
const told = (one) => [`${one.reward} reward`, one.tasks && `${one.tasks} tasks`, `${one.split} split`, one.covers, budget(one)].filter(Boolean);
const entry = () => board().entries[state.entry];
const most = (figures) => figures.pass_at[Object.keys(figures.pass_at).map(Number).sort((a, b) => b - a)[0]];

function columns() {
  const entries = board().entries;
  const ks = entries.map((e) => Math.max(0, ...Object.keys(e.figures.pass_at).map(Number)));
  const k = Math.max(...ks);
  const any = (test) => entries.some((e) => test(e.figures, e));
  const seconds = (f) => (f.agent_seconds + f.judging_seconds) / Math.max(f.samples, 1);
  return [
    { key: "agent", name: "Agent", value: (f, e) => e.agent.toLowerCase() },
    { key: "mean_reward", name: "Mean reward", estimate: (f) => f.mean_reward, bar: true },
    { key: "solved_rate", name: "Solved (pass@1)", estimate: (f) => f.solved_rate, rate: true, bar: true },
    k > 1 && { key: "pass_k", name: `pass@${k}`, estimate: (f) => f.pass_at[k] ?? null, rate: true, minor: true },
    { key: "compile_rate", name: "Compiles", estimate: (f) => f.compile_rate, rate: true, minor: true },
    any((f) => f.gap) && { key: "gap", name: "Visible − hidden", estimate: (f) => f.gap, rate: true, minor: true },
    any((f) => f.failures + f.agent_errors) && {
      key: "invalid", name: "Not answered", minor: true,
      value: (f) => (f.failures + f.agent_errors) / Math.max(f.samples + f.failures, 1), text: percent,
    },
    any((f) => f.tokens !== null) && {
      key: "tokens", name: "Tokens", minor: true, text: (v) => fixed(v, 0),
      value: (f) => (f.tokens === null ? null : f.tokens / Math.max(f.samples, 1)),
    },
    { key: "seconds", name: "Seconds", value: seconds, text: (v) => fixed(v, v < 10 ? 2 : 0), minor: true },
    { key: "samples", name: "Episodes", value: (f) => f.samples, text: (v) => v.toLocaleString("en"), minor: true },
  ].filter(Boolean);
}

function sorted() {
  const column = columns().find((c) => c.key === state.sort) ?? columns()[1];
  const value = (e) => {
    const found = column.estimate ? column.estimate(e.figures)?.value : column.value(e.figures, e);
    return found ?? null;
  };
  const text = state.agent.toLowerCase();
  const kept = board().entries
    .map((e, at) => ({ e, at, value: value(e) }))
    .filter(({ e }) => (state.oracles || !e.oracle) && e.agent.toLowerCase().includes(text));
  const sign = state.down ? -1 : 1;
  return kept.sort((a, b) => {
    if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || a.at - b.at;
    return (a.value < b.value ? -sign : a.value > b.value ? sign : 0) || a.at - b.at;
  });
}

function bar(estimate, low, high) {
  const width = 84;
  const x = (value) => 3 + ((value - low) / (high - low || 1)) * (width - 6);
  const drawn = svg("svg", { class: "bar", viewBox: `0 0 ${width} 14`, "aria-hidden": "true" },
    svg("line", { class: "track", x1: 3, x2: width - 3, y1: 7, y2: 7 }));
  if (estimate && estimate.value !== null) {
    drawn.append(
      svg("line", { class: "reach", x1: x(estimate.low), x2: x(estimate.high), y1: 7, y2: 7 }),
      svg("circle", { class: "value", cx: x(estimate.value), cy: 7, r: 4 }),
    );
  }
  return drawn;
}

function span(column) {
  if (column.rate) return [0, 1];
  const found = board().entries.map((e) => column.estimate(e.figures)).filter((e) => e && e.value !== null);
  return [Math.min(0, ...found.map((e) => e.low)), Math.max(0, ...found.map((e) => e.high))];
}

function renderRanking() {
  const all = columns();
  const rows = sorted();
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  state.page = Math.min(state.page, pages - 1);
  const spans = new Map(all.filter((c) => c.bar).map((c) => [c, span(c)]));
  const heads = all.map((column) => {
    const active = column.key === state.sort;
    const sort = () => {
      state.down = active ? !state.down : column.key !== "agent";
      state.sort = column.key;
      state.page = 0;
      renderRanking();
      by("ranking").querySelector(`[data-sort="${column.key}"]`).focus();
    };
    return el("th", { scope: "col", class: column.minor && "minor", "aria-sort": active ? (state.down ? "descending" : "ascending") : "none" },
      el("button", { type: "button", "data-sort": column.key, on: { click: sort } }, column.name, el("i", { "aria-hidden": "true" }, active ? (state.down ? "↓" : "↑") : "")));
  });
  const body = rows.slice(state.page * PAGE, (state.page + 1) * PAGE).map(({ e, at }) => {
    const cells = all.slice(1).map((column) => {
      if (!column.estimate) return el("td", { class: column.minor && "minor" }, column.text(column.value(e.figures, e)));
      const estimate = column.estimate(e.figures);
      return el("td", { class: column.minor && "minor" }, el("span", { class: "estimate" },
        column.bar ? bar(estimate, ...spans.get(column)) : null,
        el("span", { class: "number" }, shown(column.rate)(estimate?.value)),
        el("span", { class: "bounds" }, bounds(estimate, column.rate))));
    });
    const choose = () => chooseEntry(at);
    return el("tr", { "aria-selected": at === state.entry ? "true" : "false", on: { click: choose } },
      el("th", { scope: "row" }, el("button", { type: "button", "aria-label": `Show the episodes of ${e.agent}` }, e.agent),
        e.oracle ? el("span", { class: "badge oracle", title: "It sees the tasks' own solutions: no agent, but the ceiling" }, "oracle") : null,
        e.turns > 1 ? el("span", { class: "badge" }, `${e.turns} turns`) : null),
      ...cells);
  });
  if (!body.length) body.push(el("tr", {}, el("td", { colspan: all.length }, "no agent fits")));
  by("ranking").replaceChildren(el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...body));
  pager(by("ranking-pager"), rows.length, state.page, (page) => { state.page = page; renderRanking(); });
  by("ranking-note").textContent =
    `${told(board()).join(", ")}, judged by ${board().toolchain}. ` +
    "Brackets and bars are 95 % intervals, clustered by task; seconds are for an episode, writing and judging. Choose a row to read its episodes.";
}

function pager(place, total, page, go) {
  const pages = Math.ceil(total / PAGE);
  if (pages < 2) return place.replaceChildren();
  const turn = (to, text) => el("button", { type: "button", disabled: to < 0 || to >= pages, on: { click: () => go(to) } }, text);
  return place.replaceChildren(
    el("span", {}, `${page * PAGE + 1}–${Math.min(total, (page + 1) * PAGE)} of ${total.toLocaleString("en")}`),
    turn(page - 1, "Previous"), turn(page + 1, "Next"));
}

// ---------------------------------------------------------------- curves and families

function compared() {
  return sorted().slice(0, COMPARED);
}

const colour = (at) => `var(--s${at % COMPARED})`;

function painted(node, property, value) {
  node.style.setProperty(property, value);
  return node;
}

function chart(title, series, ticks, { rate, name }) {
  const [width, height, left, right, top, bottom] = [460, 230, 46, 12, 12, 34];
  const values = series.flatMap((s) => s.points.flatMap((p) => [p.low ?? p.value, p.high ?? p.value]));
  const low = Math.min(0, ...values);
  const high = rate ? 1 : nice(Math.max(0.001, ...values));
  const x = (at) => left + (ticks.length < 2 ? (width - left - right) / 2 : (at / (ticks.length - 1)) * (width - left - right - 16) + 8);
  const y = (value) => height - bottom - ((value - low) / (high - low)) * (height - top - bottom);
  const drawn = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}: ${series.map((s) => s.name).join(", ")}` });
  for (let step = 0; step <= 4; step += 1) {
    const value = low + ((high - low) * step) / 4;
    const text = svg("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" });
    text.textContent = rate ? `${Math.round(100 * value)} %` : fixed(value, high < 20 ? 2 : 0);
    drawn.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }), text);
  }
  ticks.forEach((tick, at) => {
    const text = svg("text", { x: x(at), y: height - bottom + 16, "text-anchor": "middle" });
    text.textContent = String(tick);
    drawn.append(text);
  });
  const axis = svg("text", { x: left + (width - left - right) / 2, y: height - 2, "text-anchor": "middle" });
  axis.textContent = name;
  drawn.append(axis);
  series.forEach((one, number) => {
    const shift = (number - (series.length - 1) / 2) * 3; // so that intervals stay apart
    const at = (p) => x(ticks.indexOf(p.tick)) + shift;
    for (const p of one.points) {
      if (p.low === undefined || p.low === null) continue;
      drawn.append(painted(svg("line", { class: "interval", x1: at(p), x2: at(p), y1: y(p.low), y2: y(p.high) }), "stroke", colour(one.colour)));
    }
    const path = one.points.map((p, i) => `${i ? "L" : "M"}${at(p).toFixed(1)} ${y(p.value).toFixed(1)}`).join("");
    drawn.append(painted(svg("path", { class: "series", d: path }), "stroke", colour(one.colour)));
    for (const p of one.points) {
      const text = svg("title");
      text.textContent = `${one.name}, ${name} ${p.tick}: ${shown(rate)(p.value)} ${bounds(p, rate)}`;
      drawn.append(painted(svg("circle", { cx: at(p), cy: y(p.value), r: 3.5 }, text), "fill", colour(one.colour)));
    }
  });
  return el("figure", {}, el("figcaption", {}, title), drawn);
}

function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].map((n) => n * power).find((n) => n >= value - 1e-12);
}

function renderCurves() {
  const chosen = compared();
  by("legend").replaceChildren(...chosen.map(({ e }, at) => el("span", {}, painted(el("i"), "background", colour(at)), e.agent)));
  const figures = chosen.map(({ e }, at) => ({ name: e.agent, colour: at, f: e.figures }));
  const of = (points) => figures.map((one) => ({ ...one, points: points(one.f) })).filter((one) => one.points.length);
  const levels = (metric) => of((f) => Object.entries(f.by_difficulty)
    .map(([tick, part]) => ({ tick: Number(tick), ...part[metric] })).filter((p) => p.value !== null));
  const ticks = (series) => [...new Set(series.flatMap((s) => s.points.map((p) => p.tick)))].sort((a, b) => a - b);
  const made = [];
  const add = (title, series, options) => { if (series.length) made.push(chart(title, series, ticks(series), options)); };
  add("Mean reward by difficulty", levels("mean_reward"), { rate: false, name: "difficulty" });
  add("Solved by difficulty", levels("solved_rate"), { rate: true, name: "difficulty" });
  const passes = of((f) => Object.entries(f.pass_at).map(([k, estimate]) => ({ tick: Number(k), ...estimate })));
  if (passes.some((s) => s.points.length > 1)) add("pass@k", passes, { rate: true, name: "k" });
  const turns = of((f) => Object.entries(f.solved_within).map(([tick, value]) => ({ tick: Number(tick), value })));
  if (turns.some((s) => s.points.length > 1)) add("Solved within turns", turns, { rate: true, name: "turns" });
  by("curves").replaceChildren(...made);
}

function renderFamilies() {
  const chosen = compared();
  const rate = state.metric !== "mean_reward";
  const names = [...new Set(chosen.flatMap(({ e }) => Object.keys(e.figures.by_family)))].sort();
  const value = (e, name) => e.figures.by_family[name]?.[state.metric] ?? null;
  const all = chosen.flatMap(({ e }) => names.map((name) => value(e, name)?.value ?? 0));
  const low = Math.min(0, ...all);
  const high = rate ? 1 : Math.max(0.001, ...all);
  const rows = names.map((name) => el("tr", {}, el("th", { scope: "row", title: name }, name), ...chosen.map(({ e }) => {
    const found = value(e, name);
    if (!found || found.value === null) return el("td", { class: "none" }, "–");
    const part = (found.value - low) / (high - low);
    const cell = el("td", { title: `${e.agent}, ${name}: ${shown(rate)(found.value)} ${bounds(found, rate)}, ${found.n} episodes` }, shown(rate)(found.value));
    painted(cell, "background-color", `rgba(var(--heat), ${(0.05 + 0.85 * part).toFixed(3)})`);
    if (part > 0.55) painted(cell, "color", "var(--on-accent)");
    return cell;
  })));
  by("families").replaceChildren(
    el("thead", {}, el("tr", {}, el("th"), ...chosen.map(({ e }) => el("th", { scope: "col", title: e.agent }, e.agent)))),
    el("tbody", {}, ...rows));
}

// ---------------------------------------------------------------- one entry and its episodes

function chooseEntry(at) {
  state.entry = at;
  state.list = 0;
  state.episode = null;
  state.attempt = null;
  renderRanking();
  renderEntry();
  renderEpisodes();
}

const task = (episode) => data.tasks[episode.task];

function outcomeOf(episode) {
  if (episode.failure) return "not judged";
  if (episode.agent_error) return `agent: ${episode.agent_error.kind}`;
  if (episode.solved) return "solved";
  return episode.accepted ? "not what was asked" : `stopped at ${episode.stage}`;
}

function renderEntry() {
  const e = entry();
  const f = e.figures;
  const fact = (name, text, small = "") => el("div", {}, el("dt", {}, name), el("dd", {}, text, small ? el("small", {}, ` ${small}`) : null));
  const facts = [
    fact("mean reward", fixed(f.mean_reward.value), `± ${fixed(f.mean_reward_error)} ${bounds(f.mean_reward, false)}`),
    fact("solved", percent(f.solved_rate.value), bounds(f.solved_rate, true)),
    ...Object.entries(f.pass_at).filter(([k]) => k !== "1").map(([k, estimate]) => fact(`pass@${k}`, percent(estimate.value), bounds(estimate, true))),
    fact("compiles", percent(f.compile_rate.value), bounds(f.compile_rate, true)),
    f.gap ? fact("visible − hidden tests", percent(f.gap.value), bounds(f.gap, true)) : null,
    f.high_quality_rate ? fact("compiles, complexity > 3", percent(f.high_quality_rate.value), bounds(f.high_quality_rate, true)) : null,
    f.average_complexity ? fact("average complexity", fixed(f.average_complexity.value), bounds(f.average_complexity, false)) : null,
    f.structures !== undefined ? fact("structures", String(f.structures)) : null,
    fact("episodes", f.samples.toLocaleString("en"), `of ${f.tasks} tasks`),
    fact("programs judged", f.programs.toLocaleString("en")),
    fact("not answered", String(f.agent_errors + f.failures), f.agent_errors + f.failures ? `(${f.agent_errors} agent, ${f.failures} machine)` : ""),
    f.tokens !== null ? fact("tokens", f.tokens.toLocaleString("en")) : null,
    fact("seconds", fixed(f.agent_seconds + f.judging_seconds, 1), `(${fixed(f.judging_seconds, 1)} judging)`),
    fact("seed", String(e.seed)),
    e.turns > 1 ? fact("turns", String(e.turns)) : null,
    fact("different programs", String(f.unique)),
    fact("ForgeGym, as it says", e.forgegym, e.image ? `image ${e.image.replace("sha256:", "").slice(0, 12)}` : ""),
  ].filter(Boolean);
  const counts = new Map();
  for (const episode of e.episodes) counts.set(outcomeOf(episode), (counts.get(outcomeOf(episode)) ?? 0) + 1);
  const outcomes = [...counts].sort((a, b) => b[1] - a[1]);
  const shade = (name) => {
    if (name === "solved") return "var(--good)";
    if (name === "not what was asked") return "var(--s4)";
    return ["var(--s6)", "var(--s3)", "var(--s5)", "var(--s7)", "var(--s1)"][outcomes.filter(([n]) => n !== "solved" && n !== "not what was asked").findIndex(([n]) => n === name) % 5];
  };
  by("entry").replaceChildren(
    el("h3", {}, e.agent, e.oracle ? el("span", { class: "badge oracle" }, "oracle") : null),
    el("dl", { class: "facts" }, ...facts),
    el("div", { class: "stages", "aria-hidden": "true" }, ...outcomes.map(([name, n]) => painted(painted(el("i"), "flex", `${n} 0 0`), "background", shade(name)))),
    el("div", { class: "stagekey" }, ...outcomes.map(([name, n]) => el("span", {}, painted(el("i"), "background", shade(name)), `${name} ${n.toLocaleString("en")}`))));
  const options = (id, values, all, chosen) => by(id).replaceChildren(
    el("option", { value: "" }, all), ...values.map((v) => el("option", { value: v, selected: v === chosen }, v)));
  const families = [...new Set(e.episodes.map((x) => task(x).family))].sort();
  const levels = [...new Set(e.episodes.map((x) => String(task(x).difficulty)))].sort();
  if (!families.includes(state.family)) state.family = "";
  if (!levels.includes(state.difficulty)) state.difficulty = "";
  if (!counts.has(state.outcome)) state.outcome = "";
  options("outcome", outcomes.map(([name]) => name), "any", state.outcome);
  options("family", families, "all", state.family);
  options("difficulty", levels, "all", state.difficulty);
}

function fitting() {
  const text = state.text.toLowerCase();
  const says = (episode) => !text || task(episode).id.toLowerCase().includes(text) || episode.source.toLowerCase().includes(text) ||
    (episode.diagnostics ?? []).some((d) => d.message.toLowerCase().includes(text)) || (episode.agent_error?.message ?? "").toLowerCase().includes(text);
  return entry().episodes.filter((episode) =>
    (!state.outcome || outcomeOf(episode) === state.outcome) &&
    (!state.family || task(episode).family === state.family) &&
    (!state.difficulty || String(task(episode).difficulty) === state.difficulty) && says(episode));
}

let listed = [];

function renderEpisodes() {
  listed = fitting();
  let at = listed.findIndex((episode) => episode.index === state.episode);
  if (at < 0) { at = 0; state.episode = listed[0]?.index ?? null; state.attempt = null; }
  state.list = Math.floor(at / PAGE);
  drawList();
  renderEpisode();
}

function drawList() {
  const rows = listed.slice(state.list * PAGE, (state.list + 1) * PAGE).map((episode) => {
    const chosen = episode.index === state.episode;
    const family = task(episode);
    return el("li", { role: "option", id: `episode-${episode.index}`, "aria-selected": chosen ? "true" : "false", on: { click: () => chooseEpisode(episode.index) } },
      el("b", {}, `${family.family} ${family.difficulty}`), el("span", {}, fixed(episode.reward)),
      el("small", {}, `${outcomeOf(episode)}, episode ${episode.index}`));
  });
  by("list").replaceChildren(...(rows.length ? rows : [el("li", { class: "empty" }, "no episode fits")]));
  by("list").setAttribute("aria-activedescendant", state.episode === null ? "" : `episode-${state.episode}`);
  pager(by("list-pager"), listed.length, state.list, (page) => {
    state.list = page;
    chooseEpisode(listed[page * PAGE].index);
  });
}

function chooseEpisode(index) {
  state.episode = index;
  state.attempt = null;
  state.list = Math.floor(listed.findIndex((episode) => episode.index === index) / PAGE);
  drawList();
  renderEpisode();
  // Only within the list: the page stays where it is.
  const item = by(`episode-${index}`);
  const list = by("list");
  if (item.offsetTop - list.offsetTop < list.scrollTop) list.scrollTop = item.offsetTop - list.offsetTop - 4;
  const below = item.offsetTop - list.offsetTop + item.offsetHeight - list.clientHeight;
  if (below > list.scrollTop) list.scrollTop = below + 4;
}

const WORDS = {
  compact: "pragma import export circuit ledger const if else for of return assert witness enum struct module contract new type pure sealed constructor include fold map as true false default disclose pad",
  rust: "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while",
  verilog: "module endmodule input output inout wire reg logic assign always always_ff always_comb always_latch initial begin end if else case casez endcase for parameter localparam posedge negedge or and not function endfunction default integer genvar generate endgenerate signed",
  python: "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield",
};

function coloured(source, language) {
  // Pieces of text, each with a class or none, split into lines.
  const words = new Set((WORDS[language] ?? "").split(" "));
  const comment = language === "python" ? "#[^\\n]*" : "\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?\\*\\/";
  const pattern = new RegExp(`(${comment})|("(?:\\\\.|[^"\\\\\\n])*")|(\\b\\d[\\w']*)|([A-Za-z_]\\w*)`, "g");
  const lines = [[]];
  const put = (text, kind) => text.split("\n").forEach((part, i) => {
    if (i) lines.push([]);
    if (part) lines[lines.length - 1].push(kind ? el("span", { class: kind }, part) : part);
  });
  let end = 0;
  for (const found of source.matchAll(pattern)) {
    put(source.slice(end, found.index), "");
    const kind = found[1] ? "comment" : found[2] ? "string" : found[3] ? "number" : words.has(found[4]) ? "keyword" : "";
    put(found[0], kind);
    end = found.index + found[0].length;
  }
  put(source.slice(end), "");
  return lines;
}

const LINES = 2000;

function code(source, diagnostics, language) {
  const lines = coloured(source.replace(/\r\n?/g, "\n").replace(/\n$/, ""), language);
  const placed = new Map();
  for (const d of diagnostics) if (d.line) placed.set(d.line, [...(placed.get(d.line) ?? []), d]);
  const box = el("div", { class: "code", tabindex: "0", "aria-label": "Source" });
  lines.slice(0, LINES).forEach((pieces, i) => {
    const said = placed.get(i + 1) ?? [];
    box.append(el("div", { class: said.length ? "line marked" : "line" }, el("span", { "aria-hidden": "true" }, String(i + 1)), el("span", {}, ...pieces)));
    for (const d of said) box.append(el("div", { class: `said ${d.severity}` }, `${d.severity}: ${d.message}`));
  });
  if (lines.length > LINES) box.append(el("div", { class: "line" }, el("span"), el("span", {}, `… and ${lines.length - LINES} more lines`)));
  return box;
}

function parts(components, total) {
  const widest = Math.max(0.001, ...Object.values(components).map(Math.abs));
  const rows = Object.entries(components).flatMap(([name, value]) => {
    const fill = painted(el("i", { class: value < 0 && "negative" }), "width", `${(100 * Math.abs(value)) / widest}%`);
    return [el("span", {}, name), el("span", { class: "track" }, fill), el("span", { class: "amount" }, fixed(value, 3))];
  });
  return el("div", { class: "parts" }, ...rows, el("span", { class: "total" }, "reward"), el("span"), el("span", { class: "amount total" }, fixed(total, 3)));
}

function renderEpisode() {
  const place = by("episode");
  const episode = listed.find((one) => one.index === state.episode);
  if (!episode) return place.replaceChildren();
  const about = task(episode);
  const attempts = [...(episode.attempts ?? []), episode];
  const at = state.attempt ?? attempts.length - 1;
  const shownAttempt = attempts[at];
  const diagnostics = shownAttempt.diagnostics ?? [];
  const lines = shownAttempt.source.split("\n").length;
  const alone = diagnostics.filter((d) => !d.line || d.line > Math.min(lines, LINES));
  const kind = episode.failure || episode.agent_error ? "oracle" : episode.solved ? "good" : "bad";
  const tests = Object.entries(shownAttempt.tests ?? {}).map(([name, [passed, total]]) => `${passed} of ${total} ${name}`);
  const said = [
    tests.length ? `tests: ${tests.join(", ")}` : "",
    shownAttempt.complexity ? `complexity ${shownAttempt.complexity}` : "",
    episode.tokens ? `${episode.tokens.toLocaleString("en")} tokens` : "",
    `${fixed(episode.seconds.judging, 3)} s judging`,
  ].filter(Boolean);
  const tabs = attempts.length > 1 ? el("div", { class: "tabs", role: "group", "aria-label": "Attempts" }, ...attempts.map((one, i) =>
    el("button", { type: "button", class: "plain", "aria-pressed": i === at ? "true" : "false", on: { click: () => { state.attempt = i; renderEpisode(); } } },
      `Attempt ${i + 1}: ${fixed(one.reward)}`))) : null;
  return place.replaceChildren(...[
    el("header", {}, el("h3", {}, about.id), el("span", { class: `badge ${kind}` }, outcomeOf(episode))),
    el("p", { class: "note" }, said.join(" · ")),
    tabs,
    el("h4", {}, "Reward"),
    parts(shownAttempt.components ?? {}, shownAttempt.reward),
    el("h4", {}, "Program"),
    episode.agent_error ? el("p", { class: "said alone" }, `the agent has no answer (${episode.agent_error.kind}): ${episode.agent_error.message}`) : null,
    episode.failure ? el("p", { class: "said alone warning" }, `the machine failed: ${episode.failure.message}`) : null,
    ...alone.map((d) => el("p", { class: `said alone ${d.severity}` }, `${d.severity}: ${d.message}`)),
    shownAttempt.source ? code(shownAttempt.source, diagnostics.filter((d) => !alone.includes(d)), board().language) : el("p", { class: "note" }, "an empty program"),
    el("h4", {}, "Prompt"),
    about.prompt ? el("div", { class: "code prompt", tabindex: "0", "aria-label": "Prompt" }, about.prompt.trimEnd()) : el("p", { class: "note" }, "not stored with this entry"),
  ].filter(Boolean));
}

// ---------------------------------------------------------------- together

function renderBoards() {
  by("boards").replaceChildren(...data.boards.map((one, at) =>
    el("button", { type: "button", "aria-current": at === state.board ? "true" : "false", on: { click: () => chooseBoard(at) } },
      el("b", {}, one.env, one.tasks ? ` ${one.tasks}` : ""),
      el("small", {}, [one.toolchain, one.covers, budget(one)].filter(Boolean).join(", ")))));
}

function chooseBoard(at) {
  state.board = at;
  state.page = 0;
  state.sort = "mean_reward";
  state.down = true;
  state.entry = 0;
  renderBoards();
  renderComparison();
  chooseEntry(sorted()[0]?.at ?? 0);
}

function renderComparison() {
  renderRanking();
  renderCurves();
  renderFamilies();
}

function later(run) {
  let waiting = 0;
  return (...given) => { clearTimeout(waiting); waiting = setTimeout(run, 120, ...given); };
}

function begin() {
  const entries = data.boards.reduce((n, one) => n + one.entries.length, 0);
  by("lead").replaceChildren(
    `${entries} ${entries === 1 ? "entry" : "entries"} on ${data.boards.length} ${data.boards.length === 1 ? "board" : "boards"}. `,
    "Every program is here to be read, and ", el("code", {}, "forgegym leaderboard verify"), " judges all of them again.");
  by("foot").textContent = `ForgeGym ${data.version}. Results of different toolchains never share a table. This page loads nothing and sends nothing.`;
  by("agent-filter").addEventListener("input", later((event) => { state.agent = event.target.value; state.page = 0; renderComparison(); }));
  by("oracles").addEventListener("change", (event) => { state.oracles = event.target.checked; state.page = 0; renderComparison(); });
  by("metric").addEventListener("change", (event) => { state.metric = event.target.value; renderFamilies(); });
  by("episode-filter").addEventListener("input", later((event) => { state.text = event.target.value; renderEpisodes(); }));
  for (const id of ["outcome", "family", "difficulty"]) {
    by(id).addEventListener("change", (event) => { state[id] = event.target.value; renderEpisodes(); });
  }
  by("list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || !listed.length) return;
    event.preventDefault();
    const at = listed.findIndex((episode) => episode.index === state.episode);
    chooseEpisode(listed[Math.max(0, Math.min(listed.length - 1, at + step))].index);
  });
  if (data.boards.length) chooseBoard(0);
}

begin();
