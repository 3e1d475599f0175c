import { layOut } from './layout.js';
import { paintArrows } from './paintArrows.js';
import { paintAxis, paintOverview } from './paintAxis.js';
import { paintGround, paintStrip, paintTrouble } from './paintRows.js';
import { paintNeeds, paintQueue, paintRuns } from './paintRuns.js';
import { listTicks } from './view.js';

const FONT = '11px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif';

/** A canvas of the size of its box, cleared, in points of the page. */
const open = (canvas, width, height) => {
  const ratio = devicePixelRatio;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = FONT;
  pen.textBaseline = 'middle';
  return pen;
};

const byId = (id) => document.getElementById(id);

/** Draws all that is in sight, once for all that changed since the last frame. */
export const createPainter = (app) => {
  const [canvas, axis, overview] = [byId('canvas'), byId('axis'), byId('overview')];
  const [scroller, rows] = [byId('scroller'), byId('rows')];
  let isQueued = false;
  const measure = () => {
    const { clientWidth, clientHeight } = scroller;
    const gutter = document.querySelector('.host')?.offsetWidth ?? 100;
    app.view.left = gutter;
    app.view.width = Math.max(50, clientWidth - gutter - 8);
    app.layout = layOut(app.data, clientHeight);
    app.size = { width: clientWidth, height: clientHeight };
    rows.style.height = `${Math.max(app.layout.height, clientHeight)}px`;
    app.onLayout();
  };
  const drawRows = () => {
    const { width, height } = app.size;
    const pen = open(canvas, width, height);
    const { scrollTop } = scroller;
    pen.translate(0, -scrollTop);
    const seen = app.layout.rows.filter(
      (row) => row.top < scrollTop + height && row.top + row.height > scrollTop,
    );
    const ticks = listTicks(app.view, 90);
    for (const row of seen) paintGround(pen, app, row, width, ticks);
    pen.save();
    pen.beginPath();
    pen.rect(app.view.left, scrollTop, width, height);
    pen.clip();
    for (const row of seen) {
      paintRuns(pen, app, row);
      paintQueue(pen, app, row);
      paintStrip(pen, app, row);
    }
    paintTrouble(pen, app, seen);
    paintNeeds(pen, app);
    paintArrows(pen, app, scrollTop, height);
    pen.restore();
  };
  const draw = () => {
    isQueued = false;
    if (app.size === undefined) measure();
    const { width } = app.size;
    paintOverview(open(overview, width, 52), app);
    paintAxis(open(axis, width, 22), app);
    drawRows();
    app.onDrawn();
  };
  const schedule = () => {
    if (isQueued) return;
    isQueued = true;
    requestAnimationFrame(draw);
  };
  new ResizeObserver(() => {
    app.size = undefined;
    schedule();
  }).observe(scroller);
  scroller.addEventListener('scroll', schedule, { passive: true });
  return schedule;
};
