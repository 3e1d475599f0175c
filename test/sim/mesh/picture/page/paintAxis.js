import { listTicks } from './view.js';
import { clock } from './words.js';

const HEIGHT = 52;
const AREA = { top: 5, bottom: 38 };

/** Time in numbers above the rows. */
export const paintAxis = (pen, { view, colors }) => {
  const { stepMs, times } = listTicks(view, 90);
  pen.fillStyle = colors.mute;
  pen.textAlign = 'center';
  for (const ms of times) {
    const x = view.x(ms);
    if (x < view.left - 2) continue;
    pen.fillRect(Math.round(x), 17, 1, 5);
    pen.fillText(clock(ms, stepMs), x, 9);
  }
};

/** Where a time of the whole run is in the overview. */
export const overviewX = ({ view }, ms) =>
  view.left + ((ms - view.leastMs) / (view.mostMs - view.leastMs)) * view.width;

/** The whole run in small: busy slots, results, faults, who leads, and what part is shown below. */
export const paintOverview = (pen, app) => {
  const { colors, data } = app;
  const { busy, most, ends } = data.sums;
  const x = (ms) => overviewX(app, ms);
  const y = (share) => AREA.bottom - share * (AREA.bottom - AREA.top);
  pen.fillStyle = colors.mute;
  pen.fillText(`${most} at once`, 11, 13);
  pen.fillText(`${ends.length} of ${data.tasks.length}`, 11, 28);
  pen.fillStyle = colors.built;
  pen.globalAlpha = 0.55;
  pen.beginPath();
  pen.moveTo(x(0), AREA.bottom);
  let last = 0;
  for (const [ms, running] of busy) {
    pen.lineTo(x(ms), y(last / most));
    pen.lineTo(x(ms), y(running / most));
    last = running;
  }
  pen.lineTo(x(data.endMs), y(last / most));
  pen.lineTo(x(data.endMs), AREA.bottom);
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = colors.fg;
  pen.lineWidth = 1.2;
  pen.beginPath();
  pen.moveTo(x(0), AREA.bottom);
  ends.forEach((ms, i) => {
    pen.lineTo(x(ms), y((i + 1) / Math.max(1, data.tasks.length)));
  });
  pen.stroke();
  paintMarks(pen, app, x);
  paintWindow(pen, app, x);
};

const paintMarks = (pen, app, x) => {
  const { colors, data } = app;
  for (const { fromMs, toMs } of data.faults) {
    pen.fillStyle = colors.fault;
    pen.globalAlpha = 0.3;
    pen.fillRect(x(fromMs), 40, Math.max(1, x(toMs) - x(fromMs)), 4);
    pen.globalAlpha = 1;
    pen.fillRect(x(fromMs), 39, 1.5, 6);
  }
  for (const { host, leader, fromMs, toMs } of data.follows) {
    if (host !== leader) continue;
    pen.fillStyle = colors.leaders[Math.max(0, data.leaders.indexOf(host)) % colors.leaders.length];
    pen.fillRect(x(fromMs), 46, Math.max(1.5, x(toMs) - x(fromMs)), 4);
  }
  pen.fillStyle = colors.bad;
  for (const { atMs, group } of data.events) {
    if (group === 'violation') pen.fillRect(x(atMs) - 1, 0, 2.5, HEIGHT);
  }
};

const paintWindow = (pen, app, x) => {
  const { view, colors } = app;
  if (view.isWhole()) return;
  const [from, to] = [Math.max(view.left, x(view.fromMs)), Math.min(view.left + view.width, x(view.toMs))];
  pen.globalAlpha = 0.62;
  pen.fillStyle = colors.bg;
  pen.fillRect(view.left, 0, from - view.left, HEIGHT);
  pen.fillRect(to, 0, view.left + view.width - to, HEIGHT);
  pen.globalAlpha = 1;
  pen.strokeStyle = colors.accent;
  pen.lineWidth = 1.5;
  pen.strokeRect(from, 1, Math.max(3, to - from), HEIGHT - 2);
};
