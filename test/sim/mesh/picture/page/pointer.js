import { pick } from './pick.js';

const CLICK = 4;
const WHEEL = 0.0022;

/** Mouse, wheel and fingers on the rows, the axis and the overview. */
export const listenToPointer = (app) => {
  const scroller = document.getElementById('scroller');
  const at = (event) => {
    const box = scroller.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top + scroller.scrollTop };
  };
  listenToRows(app, scroller, at);
  listenToWheel(app, scroller);
  listenToOverview(app);
  listenToAxis(app);
};

const listenToRows = (app, scroller, at) => {
  const fingers = new Map();
  let press;
  const finish = (event) => {
    fingers.delete(event.pointerId);
    scroller.classList.remove('panning');
    if (press !== undefined && event.type === 'pointerup' && press.moved <= CLICK) {
      const { x, y } = at(event);
      app.select(pick(app, x, y), app.view.ms(x));
    }
    if (press?.range !== undefined) zoomTo(app, press.range);
    press = undefined;
  };
  scroller.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.target.closest('.host b, .host span') !== null) return;
    fingers.set(event.pointerId, event);
    press =
      fingers.size === 1
        ? { x: event.clientX, y: event.clientY, moved: 0, isRange: event.shiftKey }
        : undefined;
    if (press !== undefined) press.startX = at(event).x;
  });
  scroller.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return app.hoverAt(at(event), event);
    if (fingers.size === 2) pinch(app, fingers, event, scroller);
    else if (press !== undefined) drag(app, scroller, press, before, event, at(event).x);
    fingers.set(event.pointerId, event);
  });
  scroller.addEventListener('pointerup', finish);
  scroller.addEventListener('pointercancel', finish);
  scroller.addEventListener('pointerleave', () => app.hoverAt(undefined));
  scroller.addEventListener('dblclick', (event) => app.view.zoom(0.25, at(event).x));
};

const drag = (app, scroller, press, before, event, x) => {
  press.moved = Math.max(press.moved, Math.hypot(event.clientX - press.x, event.clientY - press.y));
  if (press.moved <= CLICK) return;
  if (!scroller.hasPointerCapture(event.pointerId)) scroller.setPointerCapture(event.pointerId);
  if (press.isRange) {
    press.range = [press.startX, x];
    app.showRange(press.range);
    return;
  }
  scroller.classList.add('panning');
  app.view.pan(before.clientX - event.clientX);
  if (event.pointerType === 'mouse') scroller.scrollTop += before.clientY - event.clientY;
};

const zoomTo = (app, [from, to]) => {
  app.showRange(undefined);
  if (Math.abs(to - from) > CLICK)
    app.view.glide(app.view.ms(Math.min(from, to)), app.view.ms(Math.max(from, to)));
};

/** Two fingers: what was between them stays between them. */
const pinch = (app, fingers, moved, scroller) => {
  const { left } = scroller.getBoundingClientRect();
  const old = [...fingers.values()].map(({ clientX }) => clientX - left);
  const now = [...fingers.entries()].map(
    ([id, { clientX }]) => (id === moved.pointerId ? moved.clientX : clientX) - left,
  );
  const apart = ([a, b]) => Math.max(24, Math.abs(a - b));
  app.view.zoom(apart(old) / apart(now), (now[0] + now[1]) / 2);
  app.view.pan((old[0] + old[1] - now[0] - now[1]) / 2);
};

const listenToWheel = (app, scroller) => {
  const onWheel = (event, mayScroll) => {
    const x = event.clientX - scroller.getBoundingClientRect().left;
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const isZoom = event.ctrlKey || event.metaKey || (!mayScroll && !isSideways && !event.shiftKey);
    if (!isZoom && !isSideways && !event.shiftKey) return;
    event.preventDefault();
    if (isZoom) app.view.zoom(Math.exp(event.deltaY * WHEEL * (event.ctrlKey ? 2 : 1)), x);
    else app.view.pan(isSideways ? event.deltaX : event.deltaY);
  };
  const canScroll = () => scroller.scrollHeight > scroller.clientHeight + 1;
  scroller.addEventListener('wheel', (event) => onWheel(event, canScroll()), { passive: false });
  for (const id of ['overview', 'axis']) {
    document
      .getElementById(id)
      .addEventListener('wheel', (event) => onWheel(event, false), { passive: false });
  }
};

/** A drag carries the window along, a click puts it there. */
const listenToOverview = (app) => {
  const overview = document.getElementById('overview');
  const toMs = (event) => {
    const x = event.clientX - overview.getBoundingClientRect().left;
    const { leastMs, mostMs, left, width } = app.view;
    return leastMs + ((x - left) / width) * (mostMs - leastMs);
  };
  let heldMs;
  overview.addEventListener('pointerdown', (event) => {
    overview.setPointerCapture(event.pointerId);
    const ms = toMs(event);
    const slackMs = (8 / app.view.width) * app.data.endMs;
    if (app.view.isWhole()) app.view.center(ms, app.data.endMs / 8);
    else if (ms < app.view.fromMs - slackMs || ms > app.view.toMs + slackMs) app.view.center(ms);
    heldMs = app.view.isWhole() ? undefined : ms;
  });
  overview.addEventListener('pointermove', (event) => {
    if (heldMs === undefined || event.buttons === 0) return;
    const ms = toMs(event);
    app.view.set(app.view.fromMs + ms - heldMs, app.view.toMs + ms - heldMs);
    heldMs = ms;
  });
  overview.addEventListener('pointerup', () => {
    heldMs = undefined;
  });
};

/** A drag along the axis zooms to what it covers. */
const listenToAxis = (app) => {
  const axis = document.getElementById('axis');
  const place = (event) => event.clientX - axis.getBoundingClientRect().left;
  let from;
  axis.addEventListener('pointerdown', (event) => {
    axis.setPointerCapture(event.pointerId);
    from = place(event);
  });
  axis.addEventListener('pointermove', (event) => {
    if (from !== undefined) app.showRange([from, place(event)]);
  });
  axis.addEventListener('pointerup', (event) => {
    if (from !== undefined) zoomTo(app, [from, place(event)]);
    from = undefined;
  });
};
