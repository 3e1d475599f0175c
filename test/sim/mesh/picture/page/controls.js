import { clock, span } from './words.js';

const byId = (id) => document.getElementById(id);
/** What is on the screen goes by in so long. */
const PLAY_MS = 14_000;
/** Where the moment that is played stands, as a share of the width. */
const HEAD = 0.6;

/** The buttons above, and the clock. */
export const listenToControls = (app, onTheme) => {
  const { view } = app;
  byId('zoom-in').addEventListener('click', () => view.zoom(0.5, app.focusX()));
  byId('zoom-out').addEventListener('click', () => view.zoom(2, app.focusX()));
  byId('fit').addEventListener('click', () => view.fit());
  byId('next').addEventListener('click', () => app.stepEvent(1));
  byId('previous').addEventListener('click', () => app.stepEvent(-1));
  byId('help').addEventListener('click', () => {
    const guide = byId('guide');
    guide.hidden = !guide.hidden;
    byId('help').ariaExpanded = String(!guide.hidden);
  });
  byId('theme').addEventListener('click', () => {
    const { dataset } = document.documentElement;
    const isDark = dataset.theme
      ? dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    dataset.theme = isDark ? 'light' : 'dark';
    onTheme();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onTheme);
  listenToPlay(app);
  app.showClock = () => {
    const ms = view.cursorMs ?? view.fromMs;
    byId('clock').textContent = clock(ms, Math.max(1, view.spanMs() / 2_000));
    byId('window').textContent = `in ${span(view.spanMs())}`;
    const overview = byId('overview');
    overview.ariaValueMin = '0';
    overview.ariaValueMax = String(Math.round(app.data.endMs / 1_000));
    overview.ariaValueNow = String(Math.round(Math.max(0, view.fromMs) / 1_000));
    overview.ariaValueText = `${clock(view.fromMs, 1_000)} to ${clock(view.toMs, 1_000)}`;
  };
  app.showClock();
};

/** The picture goes by under the cursor. */
const listenToPlay = (app) => {
  const { view } = app;
  const button = byId('play');
  const stop = () => {
    app.isPlaying = false;
    button.ariaPressed = 'false';
    button.textContent = '▶';
  };
  let last = 0;
  const step = (now) => {
    if (app.isPlaying !== true) return;
    const byMs = ((now - last) / PLAY_MS) * view.spanMs();
    last = now;
    const cursorMs = view.cursorMs + byMs;
    if (cursorMs >= app.data.endMs) return stop();
    const aheadMs = cursorMs - (view.fromMs + HEAD * view.spanMs());
    if (aheadMs > 0) view.set(view.fromMs + aheadMs, view.toMs + aheadMs);
    app.setCursor(cursorMs);
    requestAnimationFrame(step);
  };
  button.addEventListener('click', () => {
    if (app.isPlaying === true) return stop();
    app.isPlaying = true;
    button.ariaPressed = 'true';
    button.textContent = '⏸';
    if (view.isWhole()) view.set(0, app.data.endMs / 10);
    const isSeen = view.cursorMs >= view.fromMs && view.cursorMs <= view.fromMs + HEAD * view.spanMs();
    app.setCursor(isSeen ? view.cursorMs : Math.max(0, view.fromMs));
    last = performance.now();
    requestAnimationFrame(step);
  });
};
