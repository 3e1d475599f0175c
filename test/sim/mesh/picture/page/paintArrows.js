import { eachMessage } from './data.js';
import { toneOfKind } from './kinds.js';
import { anchorOf } from './layout.js';

/** More of them are a blot. */
const ARROWS_MAX = 4_000;
const NAMED_MAX = 40;

/** The messages of the chosen kinds as arrows from host to host. Keeps where they are, to be found by a pointer. */
export const paintArrows = (pen, app, scrollTop, height) => {
  const { data, view, layout, colors, shown } = app;
  const { messages } = data;
  const found = [];
  if (shown.size > 0) {
    eachMessage(data, view.fromMs, view.toMs, (i) => {
      if (shown.has(messages.kind[i])) found.push(i);
    });
  }
  const step = Math.max(1, Math.ceil(found.length / ARROWS_MAX));
  app.arrows = [];
  app.arrowsLeftOut = found.length - Math.ceil(found.length / step);
  for (let at = 0; at < found.length; at += step) {
    const i = found[at];
    const isLost = messages.tookMs[i] < 0;
    const from = layout.rows[messages.from[i]];
    const to = layout.rows[messages.to[i]];
    const [x, y, toY] = [view.x(messages.sentMs[i]), anchorOf(from), anchorOf(to)];
    if (Math.max(y, toY) < scrollTop || Math.min(y, toY) > scrollTop + height) continue;
    const endX = view.x(messages.sentMs[i] + Math.max(0, messages.tookMs[i]));
    // What never came ends on half of the way.
    const endY = isLost ? y + (toY - y) * 0.55 : toY;
    app.arrows.push({ message: i, x, y, endX, endY, isLost });
  }
  const isSelected = ({ message }) => app.selected?.message === message || app.hover?.message === message;
  pen.globalAlpha = app.arrows.length < 150 ? 0.9 : app.arrows.length < 900 ? 0.5 : 0.22;
  for (const arrow of app.arrows) paintArrow(pen, arrow, toneOf(messages, colors, arrow), 1.2);
  pen.globalAlpha = 1;
  if (app.arrows.length <= NAMED_MAX) nameArrows(pen, app);
  for (const arrow of app.arrows.filter(isSelected)) paintArrow(pen, arrow, colors.fg, 2.6);
};

const toneOf = (messages, colors, { message }) => colors[toneOfKind(messages.kinds[messages.kind[message]])];

const paintArrow = (pen, { x, y, endX, endY, isLost }, color, width) => {
  pen.strokeStyle = color;
  pen.fillStyle = color;
  pen.lineWidth = width;
  if (isLost) pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(endX, endY);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  if (isLost) {
    pen.moveTo(endX - 4, endY - 4);
    pen.lineTo(endX + 4, endY + 4);
    pen.moveTo(endX + 4, endY - 4);
    pen.lineTo(endX - 4, endY + 4);
    pen.stroke();
    return;
  }
  const turn = Math.atan2(endY - y, endX - x);
  for (const side of [0, 2.62, -2.62]) {
    const reach = side === 0 ? 0 : 7;
    pen.lineTo(endX + reach * Math.cos(turn + side), endY + reach * Math.sin(turn + side));
  }
  pen.fill();
};

/** A name on each, unless it would lie on another one. */
const nameArrows = (pen, app) => {
  const taken = [];
  for (const arrow of app.arrows) {
    const text = app.data.messages.kinds[app.data.messages.kind[arrow.message]];
    const [x, y] = [(arrow.x + arrow.endX) / 2 + 4, (arrow.y + arrow.endY) / 2];
    const width = pen.measureText(text).width;
    if (taken.some((box) => Math.abs(box.y - y) < 13 && x < box.end && box.x < x + width)) continue;
    taken.push({ x: x - 2, y, end: x + width + 4 });
    pen.globalAlpha = 0.85;
    pen.fillStyle = app.colors.row;
    pen.fillRect(x - 2, y - 7, width + 4, 13);
    pen.globalAlpha = 1;
    pen.fillStyle = toneOf(app.data.messages, app.colors, arrow);
    pen.fillText(text, x, y);
  }
};
