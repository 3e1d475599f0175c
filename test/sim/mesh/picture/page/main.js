import { readColors } from './colors.js';
import { listenToControls } from './controls.js';
import { loadRecording } from './data.js';
import { fillDetails, fillGuide } from './details.js';
import { createEvents } from './events.js';
import { createGutter } from './gutter.js';
import { listenToKeys } from './keys.js';
import { createKindBar } from './kindBar.js';
import { createPainter } from './paint.js';
import { describe, pick } from './pick.js';
import { readPlace, writePlace } from './place.js';
import { listenToPointer } from './pointer.js';
import { listenToSearch } from './search.js';
import { createView } from './view.js';
import { make } from './words.js';

const byId = (id) => document.getElementById(id);
/** What an event or a run is shown in, at most. */
const CLOSE_MS = 60_000;

const start = async () => {
  const data = await loadRecording();
  let schedule = () => {};
  const app = { data, colors: readColors(), shown: new Set(), arrows: [], arrowsLeftOut: 0 };
  app.view = createView(data.endMs, () => schedule());
  fillFigures(data);
  const gutter = createGutter(app);
  app.onLayout = gutter.place;
  addSelection(app, () => schedule());
  addHover(app, gutter, () => schedule());
  schedule = createPainter(app);
  app.onKinds = () => {
    app.hover = undefined;
    schedule();
    writePlace(app);
  };
  const isPlaced = readPlace(app);
  if (!isPlaced) app.view.fitTo(data.runs.reduce((last, { toMs }) => Math.max(last, toMs), 0));
  app.refreshKinds = createKindBar(app);
  const events = createEvents(app);
  app.stepEvent = events.step;
  app.onEvent = events.reveal;
  app.onDrawn = () => {
    events.mark();
    app.showClock();
    byId('cursor').style.left = `${app.view.x(app.view.cursorMs ?? 0)}px`;
    document.querySelector('.leftout').textContent =
      app.arrowsLeftOut > 0 ? `${app.arrowsLeftOut} more are not drawn: zoom in` : '';
    writePlace(app);
  };
  fillGuide();
  listenToControls(app, () => {
    app.colors = readColors();
    schedule();
  });
  listenToPointer(app);
  listenToKeys(app);
  listenToSearch(app);
  schedule();
  if (isPlaced && app.wantedTask !== undefined) app.showTask(app.wantedTask, false);
  // For tests: where things are.
  globalThis.picture = app;
  document.documentElement.dataset.ready = 'true';
};

const fillFigures = ({ figures }) => {
  const items = figures.map(({ name, value, isBad }) => {
    const item = make('li', isBad ? 'bad' : '', make('b', '', value), ` ${name}`);
    return item;
  });
  byId('figures').replaceChildren(...items);
};

/** What is chosen, and how the picture goes there. */
const addSelection = (app, redraw) => {
  const { data, view } = app;
  app.select = (hit, ms) => {
    app.selected =
      (hit?.run ?? hit?.faults ?? (hit?.message === undefined ? undefined : hit)) ? hit : undefined;
    const run = app.selected?.run;
    app.related = run && new Set([run.task, ...data.tasks[run.task].needs, ...data.dependents[run.task]]);
    if (ms !== undefined) app.setCursor(ms);
    fillDetails(app);
    redraw();
  };
  const scrollTo = (host) => {
    const row = app.layout?.rows[host];
    if (row !== undefined) {
      const scroller = byId('scroller');
      const isSeen =
        row.top >= scroller.scrollTop && row.top + row.height <= scroller.scrollTop + scroller.clientHeight;
      if (!isSeen) scroller.scrollTop = row.top + row.height / 2 - scroller.clientHeight / 2;
    }
  };
  app.show = (hit) => {
    const { run, message } = hit;
    app.select(hit);
    if (run !== undefined) {
      scrollTo(run.host);
      const longMs = run.toMs - run.fromMs;
      if (run.fromMs < view.fromMs || run.toMs > view.toMs)
        view.center(run.fromMs + longMs / 2, Math.max(longMs * 2, CLOSE_MS));
      app.setCursor(run.fromMs);
    }
    if (message !== undefined) {
      app.shown.add(data.messages.kind[message]);
      app.refreshKinds();
      const { sentMs, tookMs } = data.messages;
      const tookLong = Math.max(20, Math.max(0, tookMs[message]) * 8);
      view.center(sentMs[message] + Math.max(0, tookMs[message]) / 2, Math.min(CLOSE_MS, tookLong));
      app.setCursor(sentMs[message]);
    }
    redraw();
  };
  app.showTask = (task, isMoved = true) => {
    const run = data.runsOfTask[task].at(-1);
    if (run === undefined) return;
    if (isMoved) app.show({ run });
    else app.select({ run });
  };
  app.showEvent = (event) => {
    app.event = event;
    app.setCursor(event.atMs);
    if (event.host !== undefined) scrollTo(event.host);
    view.center(event.atMs, CLOSE_MS);
    app.onEvent(event);
  };
};

const addHover = (app, gutter, redraw) => {
  const { view } = app;
  const [cursor, tip] = [byId('cursor'), byId('tip')];
  app.setCursor = (ms) => {
    view.cursorMs = ms;
    cursor.hidden = ms === undefined || view.x(ms) < view.left;
    if (ms !== undefined) cursor.style.left = `${view.x(ms)}px`;
    gutter.tell();
    app.showClock();
  };
  app.focusX = () => {
    const x = view.cursorMs === undefined ? -1 : view.x(view.cursorMs);
    return x >= view.left && x <= view.left + view.width ? x : view.left + view.width / 2;
  };
  app.hoverAt = (point, event) => {
    const hit = point === undefined ? undefined : pick(app, point.x, point.y);
    if (point !== undefined && app.isPlaying !== true)
      app.setCursor(point.x < view.left ? undefined : view.ms(point.x));
    const isSame = hit?.run === app.hover?.run && hit?.message === app.hover?.message;
    app.hover = hit;
    tip.hidden = hit === undefined;
    if (hit !== undefined) {
      const [title, ...lines] = describe(app, hit);
      tip.replaceChildren(
        make('b', '', title),
        ...lines.filter(Boolean).map((line) => make('div', 'mute', line)),
      );
      placeTip(tip, event);
    }
    if (!isSame) redraw();
  };
  app.showRange = (range) => {
    byId('range')?.remove();
    if (range === undefined) return;
    const element = make('div');
    element.id = 'range';
    element.style.left = `${Math.min(...range)}px`;
    element.style.width = `${Math.abs(range[1] - range[0])}px`;
    byId('picture').append(element);
  };
};

const placeTip = (tip, { clientX, clientY }) => {
  const box = byId('picture').getBoundingClientRect();
  const [x, y] = [clientX - box.left, clientY - box.top];
  const left = x + 16 + tip.offsetWidth > box.width ? Math.max(4, x - tip.offsetWidth - 12) : x + 16;
  const top = y + 18 + tip.offsetHeight > box.height ? y - tip.offsetHeight - 10 : y + 18;
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
};

void start();
