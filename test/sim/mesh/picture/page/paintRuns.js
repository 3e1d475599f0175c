import { ENDS } from './words.js';

/** A name as far as it fits. */
const fitText = (pen, text, room) => {
  const width = pen.measureText(text).width;
  if (width <= room) return text;
  const kept = Math.floor((text.length * room) / width) - 1;
  return kept < 2 ? '' : `${text.slice(0, kept)}…`;
};

const SHADES = ['built', 'built-b', 'built-c'];

/** Neighbours get different shades. */
const colorOf = (colors, run) => colors[run.end === 'built' ? SHADES[run.task % SHADES.length] : run.end];

const HATCHED = new Set(['cancelled', 'lost']);

/** The bars of a host, and between them what its slots do to be ready. */
export const paintRuns = (pen, app, row) => {
  const { view, colors, layout, data, related } = app;
  const { laneHeight } = layout;
  pen.fillStyle = colors.chore;
  for (const chore of data.choresOf[row.index]) {
    if (chore.toMs < view.fromMs || chore.fromMs > view.toMs) continue;
    const x = view.x(chore.fromMs);
    const [y, height] = chore.kind === 'clean' ? [0.5, 1] : [0.5, 2];
    pen.fillRect(
      x,
      layout.laneTop(row, chore.lane) + laneHeight * y - height / 2,
      view.x(chore.toMs) - x,
      height,
    );
  }
  const drawnTo = [];
  for (const run of data.runsOf[row.index]) {
    if (run.toMs < view.fromMs || run.fromMs > view.toMs) continue;
    const x = Math.max(view.left - 4, view.x(run.fromMs));
    const end = Math.min(view.left + view.width + 8, view.x(run.toMs));
    const width = Math.max(1.5, end - x - 0.6);
    // What lies within a pixel of the last one of its lane shows nothing more.
    if (width < 2 && x < (drawnTo[run.lane] ?? -1) && run.end === 'built' && related === undefined) continue;
    drawnTo[run.lane] = x + 1;
    pen.globalAlpha = related === undefined || related.has(run.task) ? 1 : 0.4;
    paintRun(pen, app, run, x, layout.laneTop(row, run.lane), width);
  }
  pen.globalAlpha = 1;
};

const paintRun = (pen, app, run, x, y, width) => {
  const { colors, layout, selected, hover } = app;
  const { laneHeight } = layout;
  pen.fillStyle = colorOf(colors, run);
  pen.beginPath();
  pen.roundRect(x, y, width, laneHeight, Math.min(laneHeight < 8 ? 1 : 2.5, width / 2));
  pen.fill();
  if (HATCHED.has(run.end) && width > 4) {
    pen.fillStyle = colors.hatch(pen, 'row', run.end === 'lost' ? 1 : -1, 5);
    pen.fill();
  }
  // A task that came here from another host has a notch.
  if (run.hops > 0 && width > 5) {
    pen.fillStyle = colors.steal;
    pen.fillRect(x, y, 2.5, laneHeight);
  }
  const isChosen = selected?.run === run;
  if (isChosen || hover?.run === run) {
    pen.strokeStyle = isChosen ? colors.accent : colors.fg;
    pen.lineWidth = isChosen ? 2.5 : 1.2;
    pen.stroke();
  }
  if (laneHeight < 11 || width < 9) return;
  pen.fillStyle = colors.ink;
  const { sign } = ENDS[run.end];
  const text = `${sign === '' ? '' : `${sign} `}${app.data.tasks[run.task].name}`;
  pen.fillText(
    width < 26 ? sign : fitText(pen, text, width - 8),
    x + (width < 26 ? 2 : 5),
    y + laneHeight / 2 + 0.5,
  );
};

/** How many wait, as a band that is full where most ever waited on any host. */
export const paintQueue = (pen, { view, colors, data }, row) => {
  const { queue } = data.hosts[row.index];
  const base = row.queueTop + row.queueHeight;
  pen.fillStyle = colors.queue;
  pen.globalAlpha = 0.75;
  for (let i = 0; i < queue.length; i++) {
    const { atMs, depth } = queue[i];
    const untilMs = queue[i + 1]?.atMs ?? data.endMs;
    if (depth === 0 || untilMs < view.fromMs || atMs > view.toMs) continue;
    const height = Math.max(2, (row.queueHeight * depth) / data.maxDepth);
    const x = view.x(atMs);
    pen.fillRect(x, base - height, Math.max(0.5, view.x(untilMs) - x), height);
  }
  pen.globalAlpha = 1;
};

/** From what the chosen task needs to it, and from it to what needs it. */
export const paintNeeds = (pen, app) => {
  const { data, selected, colors } = app;
  if (selected?.run === undefined) return;
  const { task } = selected.run;
  const finished = (other) => data.runsOfTask[other].find(({ end }) => end === 'built');
  pen.lineWidth = 1.4;
  pen.strokeStyle = colors.accent;
  for (const need of data.tasks[task].needs) {
    const from = finished(need);
    if (from !== undefined) paintCurve(pen, app, from, selected.run);
  }
  pen.strokeStyle = colors.mute;
  if (selected.run.end !== 'built') return;
  for (const dependent of data.dependents[task]) {
    const [to] = data.runsOfTask[dependent];
    if (to !== undefined) paintCurve(pen, app, selected.run, to);
  }
};

const paintCurve = (pen, { view, layout }, from, to) => {
  const middle = layout.laneHeight / 2;
  const [x, y] = [view.x(from.toMs), layout.laneTop(layout.rows[from.host], from.lane) + middle];
  const [endX, endY] = [view.x(to.fromMs), layout.laneTop(layout.rows[to.host], to.lane) + middle];
  const bend = Math.max(14, Math.abs(endX - x) / 3);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.bezierCurveTo(x + bend, y, endX - bend, endY, endX, endY);
  pen.stroke();
  pen.beginPath();
  pen.arc(x, y, 2, 0, 2 * Math.PI);
  pen.stroke();
};
