/** What is shown, as the end of the page's address: a link leads to the same view. */

export const readPlace = (app) => {
  const words = new URLSearchParams(location.hash.slice(1));
  const [from, to] = (words.get('t') ?? '').split('-').map(Number);
  if (to > from) app.view.set(from, to);
  for (const kind of (words.get('messages') ?? '').split(',')) {
    const place = app.data.messages.kinds.indexOf(kind);
    if (place >= 0) app.shown.add(place);
  }
  const task = app.data.tasks.findIndex(({ name }) => name === words.get('task'));
  if (task >= 0) app.wantedTask = task;
  return words.size > 0;
};

let waiting = 0;

export const writePlace = (app) => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const { view, data, shown, selected } = app;
    const words = new URLSearchParams();
    if (!view.isWhole())
      words.set('t', [view.fromMs, view.toMs].map((ms) => Math.max(0, ms).toFixed(1)).join('-'));
    if (shown.size > 0)
      words.set('messages', [...shown].map((place) => data.messages.kinds[place]).join(','));
    if (selected?.run !== undefined) words.set('task', data.tasks[selected.run.task].name);
    const hash = words.size > 0 ? `#${words}` : ' ';
    if (hash.trim() !== location.hash) history.replaceState(undefined, '', hash);
  }, 300);
};
