"use strict";
const $ = id => document.getElementById(id);
const percent = v => v == null ? "–" : (v * 100).toFixed(1) + " %";
const number = v => v == null ? "–" : v.toLocaleString("en");
const minute = t => t.slice(0, 16).replace("T", " ");
const cell = (row, text, cls) => { const td = row.insertCell(); td.textContent = text; if (cls) td.className = cls; };
const EDGE = { left: 46, right: 26, top: 12, bottom: 24 };

function draw(name, fields, text) {
  const found = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(fields)) found.setAttribute(key, value);
  if (text != null) found.textContent = text;
  $("chart").append(found);
}

/* The smallest round step that leaves at most five lines. */
function step(range) {
  return [.005, .01, .02, .05, .1, .2, .25, .5, 1, 2, 5].find(one => range / one <= 5) || range;
}

function chart(rows) {
  $("chart").replaceChildren();
  const values = rows.flatMap(r => [r.crr, r.ndr]).filter(v => v != null);
  if (!values.length) return;
  const width = $("chart").clientWidth || 600, height = $("chart").clientHeight || 210;
  const by = step(Math.max(1, ...values) - Math.min(1, ...values) || .05);
  const low = Math.floor(Math.min(1, ...values) / by) * by, high = Math.ceil(Math.max(1.001, ...values) / by) * by;
  const x = i => rows.length < 2 ? width / 2 : EDGE.left + i / (rows.length - 1) * (width - EDGE.left - EDGE.right);
  const y = v => height - EDGE.bottom - (v - low) / (high - low) * (height - EDGE.top - EDGE.bottom);
  for (let n = 0; n <= Math.round((high - low) / by); n++) {
    const v = low + n * by, whole = Math.abs(v - 1) < by / 10;
    draw("line", { x1: EDGE.left, x2: width - EDGE.right, y1: y(v), y2: y(v), class: whole ? "whole" : "" });
    draw("text", { x: EDGE.left - 6, y: y(v) + 4, "text-anchor": "end" }, (v * 100).toFixed(by < .01 ? 1 : 0) + " %");
  }
  const every = Math.ceil(rows.length * 58 / (width - EDGE.left));
  rows.forEach((r, i) => {
    const back = rows.length - 1 - i;
    if (back % every === 0) draw("text", { x: x(i), y: height - 6, "text-anchor": "middle" }, r.period);
  });
  for (const key of ["crr", "ndr"]) {
    const points = rows.map((r, i) => r[key] == null ? null : { at: [x(i), y(r[key])], ended: r.ended }).filter(Boolean);
    const line = (some, more) => draw("polyline", { class: key + more, points: some.map(p => p.at.join(",")).join(" ") });
    line(points.filter(p => p.ended), "");
    const open = points.findIndex(p => !p.ended);  // a month that is not over: dashed and hollow
    if (open >= 0) line(points.slice(Math.max(0, open - 1)), " unfinished");
    for (const p of points.slice(-2)) draw("circle", { class: key + (p.ended ? "" : " unfinished"), cx: p.at[0], cy: p.at[1], r: p.ended ? 2 : 4 });
  }
  const last = rows.at(-1);
  $("chart").setAttribute("aria-label", `CRR and NDR by month, ${rows[0].period} to ${last.period}; last ${percent(last.crr)} and ${percent(last.ndr)}${last.ended ? "" : ", of a month that is not over"}`);
}

const so_far = (row, key) => row.ended ? "" : ` · ${row.period} so far ~${percent(row[key])}`;

function tiles(s) {
  const rows = s.figures || [], closed = rows.filter(r => r.ended).at(-1), now = rows.at(-1);
  $("mode").textContent = s.mode; $("clock").textContent = s.event_time ? minute(s.event_time) + " UTC" : "–";
  $("figures_of").textContent = s.as_of ? `· figures up to ${minute(s.as_of)} UTC` : "";
  $("crr").textContent = percent(closed && closed.crr); $("ndr").textContent = percent(closed && closed.ndr);
  $("crr_of").textContent = closed ? `${closed.period}, the last whole month${so_far(now, "crr")}` : s.figures ? "no whole month yet" : "shown by the worker that owns the figures";
  $("ndr_of").textContent = closed ? `${closed.period}${so_far(now, "ndr")}` : "";
  $("customers").textContent = number(now ? now.customers : s.customers);
  $("mrr").textContent = now && now.mrr ? `MRR ${Number(now.mrr).toLocaleString("en", { minimumFractionDigits: 2 })} ${now.currency}` : `${number(s.customers)} known`;
  $("events").textContent = number(s.events);
  $("lag").textContent = `${number(s.lag)} waiting · ${number(s.outcomes.duplicate || 0)} duplicate · ${number(s.outcomes.late || 0)} late · ${number(s.outcomes.rejected || 0)} rejected · partitions ${s.partitions.join(", ") || "none"}`;
}

function open(s) {
  $("open").replaceChildren();
  const names = Object.keys(s.open_signals);
  if (!names.length) cell($("open").insertRow(), "none", "soft");
  for (const name of names) { const row = $("open").insertRow(); cell(row, name); cell(row, number(s.open_signals[name]), "n"); cell(row, `${number(s.raised[name] || 0)} raised`, "n soft"); }
}

function feed(s) {
  $("whose").textContent = `· of partitions ${s.partitions.join(", ") || "none"}`;
  $("feed").replaceChildren();
  if (!s.feed.length) cell($("feed").insertRow(), "nothing yet", "soft");
  for (const f of s.feed) { const row = $("feed").insertRow(); cell(row, minute(f.at)); cell(row, f.customer); cell(row, f.what); cell(row, f.transition === "raised" ? f.severity : f.transition, f.transition === "cleared" ? "cleared" : f.severity); cell(row, f.why); }
}

function months(rows) {
  $("months").replaceChildren();
  for (const r of [...rows].reverse()) { const row = $("months").insertRow(); if (!r.ended) row.className = "unfinished"; cell(row, r.period); cell(row, r.ended ? r.edition : "not over"); cell(row, number(r.S), "n"); cell(row, number(r.customers), "n"); cell(row, percent(r.crr), "n"); cell(row, percent(r.ndr), "n"); cell(row, r.mrr ? `${r.mrr} ${r.currency}` : "–", "n"); cell(row, percent(r.warned), "n"); }
}

let shown = JSON.parse($("first").textContent);
function show(s) { shown = s; tiles(s); open(s); feed(s); months(s.figures || []); chart(s.figures || []); }
show(shown);
addEventListener("resize", () => chart(shown.figures || []));

function listen() {
  const source = new EventSource("events");
  source.onmessage = e => { $("link").textContent = ""; show(JSON.parse(e.data)); };
  source.onerror = () => {
    $("link").textContent = "the worker does not answer; trying again…";
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 10000);  // it was told that there is no room
  };
}
listen();
