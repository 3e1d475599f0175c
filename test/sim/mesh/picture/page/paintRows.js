import { colorOfLeader } from './colors.js';

/** Ground of a row: lines of time, and where nobody lives. */
export const paintGround = (pen, { view, colors, data }, row, width, ticks) => {
  pen.fillStyle = row.index % 2 === 0 ? colors.row : colors.alt;
  pen.fillRect(0, row.top, width, row.height);
  pen.fillStyle = colors.faint;
  for (const ms of ticks.times) pen.fillRect(Math.round(view.x(ms)), row.top, 1, row.height);
  pen.fillStyle = colors.line;
  pen.fillRect(0, row.top, width, 1);
  let at = -1e9;
  for (const life of [...data.livesOf[row.index], { fromMs: 1e12, toMs: 1e12 }]) {
    if (life.fromMs > Math.max(0, at)) paintAbsence(pen, view, colors, row, at, life.fromMs);
    at = life.end === undefined ? 1e12 : Math.max(at, life.toMs);
  }
};

const paintAbsence = (pen, view, colors, row, fromMs, toMs) => {
  const [x, end] = [
    Math.max(view.left, view.x(Math.max(0, fromMs))),
    Math.min(view.left + view.width + 8, view.x(toMs)),
  ];
  if (end <= x) return;
  pen.fillStyle = colors.bg;
  pen.fillRect(x, row.top + 1, end - x, row.height - 1);
  pen.fillStyle = colors.hatch(pen, 'down');
  pen.fillRect(x, row.top + 1, end - x, row.height - 1);
};

/** Whom the agent follows: a line in the colour of who leads, and a band for itself. */
export const paintStrip = (pen, app, row) => {
  const { view, colors, data } = app;
  const bottom = row.stripTop + row.stripHeight;
  for (const follow of data.followsOf[row.index]) {
    if (follow.toMs < view.fromMs || follow.fromMs > view.toMs) continue;
    const [x, end] = [Math.max(view.left, view.x(follow.fromMs)), view.x(follow.toMs)];
    const color = colorOfLeader(app, follow.leader);
    pen.fillStyle = color;
    if (follow.leader !== row.index) {
      pen.fillRect(x, bottom - 2, Math.max(1, end - x), 2);
      continue;
    }
    pen.globalAlpha = 0.2;
    pen.fillRect(x, row.stripTop, Math.max(1, end - x), row.stripHeight);
    pen.globalAlpha = 1;
    pen.fillRect(x, bottom - 4, Math.max(2, end - x), 4);
    const words = follow.ballot === undefined ? 'leads' : `leads, ballot ${follow.ballot}`;
    pen.fillStyle = colors.fg;
    if (end - x > 82) pen.fillText(`★ ${words}`, x + 5, row.stripTop + 4.5);
    else if (end - x > 12) pen.fillText('★', x + 2, row.stripTop + 4.5);
  }
};

/** Faults and violations, over the rows that they concern. */
export const paintTrouble = (pen, app, rows) => {
  const flags = [];
  const { view, data } = app;
  for (const fault of data.faults) {
    if (fault.toMs < view.fromMs - view.spanMs() || fault.fromMs > view.toMs) continue;
    if (fault.sides !== undefined) paintSides(pen, app, fault, rows, flags);
    else if (fault.hosts.length === 2) paintLink(pen, app, fault, flags);
    else if (fault.hosts.length > 0)
      for (const host of fault.hosts) paintOnHost(pen, app, fault, app.layout.rows[host], flags);
    else paintEverywhere(pen, app, fault, flags);
  }
  drawFlags(pen, app, flags);
  for (const event of data.events) if (event.group === 'violation') paintViolation(pen, app, event);
};

const placeOf = (view, fault) => {
  const x = view.x(fault.fromMs);
  return [x, Math.max(x + 1.5, view.x(fault.toMs))];
};

const paintOnHost = (pen, app, fault, row, flags) => {
  const { view, colors } = app;
  const [x, end] = placeOf(view, fault);
  if (end - x > 3) {
    pen.globalAlpha = 0.3;
    pen.fillStyle = colors['fault-soft'];
    pen.fillRect(x, row.top + 1, end - x, row.height - 1);
    pen.fillStyle = colors.hatch(pen, 'fault', 1, 8);
    pen.fillRect(x, row.top + 1, end - x, row.height - 1);
    pen.globalAlpha = 1;
  }
  pen.fillStyle = colors.fault;
  pen.fillRect(x - 0.5, row.top + 1, 1.5, row.height - 1);
  raiseFlag(flags, view, fault, row.top + 1);
};

/** Where the fault begins; at the edge where that is out of sight and it goes on. */
const raiseFlag = (flags, view, fault, y) => {
  const [x, end] = placeOf(view, fault);
  if (x >= view.left || end > view.left + 8) flags.push({ words: fault.kind, x: Math.max(x, view.left), y });
};

/** Flags with the faults' names, over all shades, where there is room for them. */
const drawFlags = (pen, { colors }, flags) => {
  const taken = new Map();
  for (const { words, x, y } of flags) {
    if (x <= (taken.get(y) ?? -1e9)) continue;
    const width = pen.measureText(words).width + 8;
    taken.set(y, x + width);
    pen.fillStyle = colors.fault;
    pen.beginPath();
    pen.roundRect(x, y, width, 12, [0, 3, 3, 0]);
    pen.fill();
    pen.fillStyle = colors.row;
    pen.fillText(words, x + 4, y + 6.5);
  }
};

/** A line that is cut or slow: dashes below both rows, and between them where it begins. */
const paintLink = (pen, app, fault, flags) => {
  const { view, colors, layout } = app;
  const [x, end] = placeOf(view, fault);
  const [upper, lower] = fault.hosts.map((host) => layout.rows[host]).sort((a, b) => a.top - b.top);
  pen.strokeStyle = colors.fault;
  pen.lineWidth = 1.5;
  pen.setLineDash([4, 3]);
  pen.beginPath();
  for (const row of [upper, lower]) {
    const y = row.top + row.height - 2;
    pen.moveTo(Math.max(x, view.left), y);
    pen.lineTo(end, y);
  }
  pen.stroke();
  pen.setLineDash([1, 3]);
  pen.beginPath();
  pen.moveTo(x, upper.top + 4);
  pen.lineTo(x, lower.top + lower.height - 2);
  pen.stroke();
  pen.setLineDash([]);
  raiseFlag(flags, view, fault, upper.top + 1);
};

/** The parts of a partition: each with a colour, a slant and a letter. */
const paintSides = (pen, app, fault, rows, flags) => {
  const { view, colors } = app;
  const [x, end] = placeOf(view, fault);
  for (const row of rows) {
    const side = fault.sides.findIndex((hosts) => hosts.includes(row.index));
    if (side < 0) continue;
    const name = ['side-a', 'side-b', 'side-c'][side % 3];
    pen.globalAlpha = 0.1;
    pen.fillStyle = colors[name];
    pen.fillRect(x, row.top + 1, end - x, row.height - 1);
    pen.globalAlpha = 0.32;
    pen.fillStyle = colors.hatch(pen, name, side % 2 === 0 ? 1 : -1, 9);
    pen.fillRect(x, row.top + 1, end - x, row.height - 1);
    pen.globalAlpha = 1;
    pen.fillStyle = colors[name];
    pen.fillRect(x, row.top + 1, 2, row.height - 1);
    const left = Math.max(x, view.left);
    pen.fillRect(left, row.top + row.height - 13, 14, 13);
    pen.fillStyle = colors.row;
    pen.fillText(String.fromCharCode(65 + side), left + 4, row.top + row.height - 6);
  }
  // Where its begin is out of sight the letters say it.
  if (x >= view.left) raiseFlag(flags, view, fault, app.layout.rows[0].top + 1);
};

const paintEverywhere = (pen, app, fault, flags) => {
  const { view, colors, layout } = app;
  const [x, end] = placeOf(view, fault);
  pen.globalAlpha = 0.16;
  pen.fillStyle = colors['fault-soft'];
  pen.fillRect(x, 0, end - x, layout.height);
  pen.globalAlpha = 1;
  pen.fillStyle = colors.fault;
  pen.fillRect(x - 0.5, 0, 1, layout.height);
  raiseFlag(flags, view, fault, 1);
};

const paintViolation = (pen, app, event) => {
  const { view, colors, layout } = app;
  const x = view.x(event.atMs);
  const row = layout.rows[event.host];
  pen.fillStyle = colors.bad;
  pen.fillRect(x - 0.5, 0, 1.5, layout.height);
  if (row === undefined) return;
  pen.beginPath();
  pen.arc(x, row.top + row.height / 2, 7, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = colors.row;
  pen.fillText('!', x - 1.5, row.top + row.height / 2 + 0.5);
};
