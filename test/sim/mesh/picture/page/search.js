import { button, ENDS, make } from './words.js';

const FOUND_MAX = 40;

/** The box that finds tasks by a part of their names. */
export const listenToSearch = (app) => {
  const [field, list] = [document.getElementById('find'), document.getElementById('found')];
  const { tasks, runsOfTask, plans } = app.data;
  let found = [];
  let at = 0;
  const choose = (task) => {
    list.hidden = true;
    field.blur();
    app.showTask(task);
  };
  const mark = () => {
    found.forEach(({ element }, i) => {
      element.setAttribute('aria-selected', String(i === at));
    });
    found[at]?.element.scrollIntoView({ block: 'nearest' });
  };
  const search = () => {
    const word = field.value.trim().toLowerCase();
    const hits =
      word === '' ? [] : tasks.flatMap(({ name }, task) => (name.toLowerCase().includes(word) ? [task] : []));
    const isExact = (task) => (tasks[task].name.toLowerCase().startsWith(word) ? 0 : 1);
    hits.sort((a, b) => isExact(a) - isExact(b) || a - b);
    at = 0;
    found = hits.slice(0, FOUND_MAX).map((task) => {
      const run = runsOfTask[task].at(-1);
      const element = button('', '', () => choose(task));
      const plan = plans.length > 1 ? `${plans[tasks[task].plan]?.name} ` : '';
      const state = run === undefined ? 'never ran' : ENDS[run.end].words;
      element.append(make('span', '', tasks[task].name), make('span', 'mute', plan + state));
      return { task, element };
    });
    const more = hits.length > FOUND_MAX ? [make('li', 'mute', `and ${hits.length - FOUND_MAX} more`)] : [];
    const none = word !== '' && hits.length === 0 ? [make('li', 'mute', 'No task has such a name.')] : [];
    list.replaceChildren(...found.map(({ element }) => make('li', '', element)), ...more, ...none);
    list.hidden = word === '';
    mark();
  };
  field.addEventListener('input', search);
  field.addEventListener('focus', search);
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      list.hidden = true;
      field.blur();
    }
    if (event.key === 'Enter' && found[at] !== undefined) choose(found[at].task);
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    at = Math.min(found.length - 1, Math.max(0, at + (event.key === 'ArrowDown' ? 1 : -1)));
    mark();
  });
  document.addEventListener('pointerdown', (event) => {
    if (event.target.closest('.find') === null) list.hidden = true;
  });
};
