/** The keys, and what the guide says of them. */
export const KEYS = [
  ['← →  A D', 'earlier, later'],
  ['+ −  W S', 'zoom'],
  ['↑ ↓', 'scroll the hosts'],
  ['0', 'the whole run'],
  ['N P', 'next event, event before'],
  ['[ ]', 'run before, next run of this host'],
  ['/', 'find a task'],
  ['space', 'play'],
  ['Esc', 'let go of what is chosen'],
];

export const listenToKeys = (app) => {
  const { view } = app;
  const step = () => view.width / 6;
  const scroll = (by) => document.getElementById('scroller').scrollBy({ top: by });
  const actions = {
    ArrowLeft: () => view.pan(-step()),
    ArrowRight: () => view.pan(step()),
    a: () => view.pan(-step()),
    d: () => view.pan(step()),
    ArrowUp: () => scroll(-60),
    ArrowDown: () => scroll(60),
    '+': () => view.zoom(0.7, app.focusX()),
    '=': () => view.zoom(0.7, app.focusX()),
    '-': () => view.zoom(1 / 0.7, app.focusX()),
    w: () => view.zoom(0.7, app.focusX()),
    s: () => view.zoom(1 / 0.7, app.focusX()),
    0: () => view.fit(),
    n: () => app.stepEvent(1),
    p: () => app.stepEvent(-1),
    ']': () => stepRun(app, 1),
    '[': () => stepRun(app, -1),
    '/': () => document.getElementById('find').focus(),
    ' ': () => document.getElementById('play').click(),
    Escape: () => app.select(undefined),
    '?': () => document.getElementById('help').click(),
  };
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (target instanceof HTMLInputElement) return;
    const isButton = target instanceof HTMLButtonElement;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // A button has its own use of these.
    if (action === undefined || (isButton && (event.key === ' ' || event.key === 'Enter'))) return;
    if (target.closest?.('aside') !== null && event.key.startsWith('Arrow')) return;
    event.preventDefault();
    action();
  });
};

/** From the chosen run to the next one in time on its host; from none to the first one in sight. */
const stepRun = (app, by) => {
  const { data, view } = app;
  const run = app.selected?.run;
  if (run === undefined) {
    const first = data.runs
      .filter(({ toMs }) => toMs > view.fromMs)
      .toSorted((a, b) => a.fromMs - b.fromMs)[0];
    if (first !== undefined) app.show({ run: first });
    return;
  }
  const runs = data.runsOf[run.host];
  const next = runs[runs.indexOf(run) + by];
  if (next !== undefined) app.show({ run: next });
};
