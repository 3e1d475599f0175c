import { findFirst } from './data.js';
import { button, clock, count, make } from './words.js';

const GROUPS = {
  violation: 'Violations',
  fault: 'Faults',
  leader: 'Leaders',
  member: 'Members',
  plan: 'Plans',
  steal: 'Steals',
  trouble: 'Trouble',
};
/** So many lines become elements; a longer list is filtered by the reader. */
const LINES_MAX = 3_000;

/** The list of events, with a button for each group of them. */
export const createEvents = (app) => {
  const { events, hosts } = app.data;
  const list = document.getElementById('events');
  const shown = new Set(Object.keys(GROUPS));
  let lines = [];
  const mark = () => {
    for (const { event, element } of lines) {
      element.classList.toggle('seen', event.atMs >= app.view.fromMs && event.atMs <= app.view.toMs);
      if (event === app.event) element.setAttribute('aria-current', 'true');
      else element.removeAttribute('aria-current');
    }
  };
  const fill = () => {
    const kept = events.filter(({ group }) => shown.has(group));
    lines = kept.slice(0, LINES_MAX).map((event) => {
      const element = button(`g-${event.group}`, '', () => app.showEvent(event));
      const host = hosts[event.host] === undefined ? '' : `${hosts[event.host].name}: `;
      element.append(
        make('time', '', clock(event.atMs, 10)),
        make('i'),
        make('span', '', `${host}${event.text}`),
      );
      return { event, element };
    });
    list.replaceChildren(...lines.map(({ element }) => make('li', '', element)));
    if (kept.length > LINES_MAX) {
      list.append(make('li', 'mute', `and ${count(kept.length - LINES_MAX)} more: choose fewer groups`));
    }
    mark();
  };
  fillFilters(events, shown, fill);
  fill();
  const step = (by) => {
    const kept = events.filter(({ group }) => shown.has(group));
    const nowMs = app.event?.atMs ?? (app.view.fromMs + app.view.toMs) / 2;
    const known = kept.indexOf(app.event);
    const after = findFirst(kept.length, (i) => kept[i].atMs > nowMs);
    const next = kept[known >= 0 ? known + by : by > 0 ? after : after - 1];
    if (next !== undefined) app.showEvent(next);
  };
  const reveal = (event) => {
    mark();
    lines.find((line) => line.event === event)?.element.scrollIntoView({ block: 'nearest' });
  };
  return { step, reveal, mark };
};

const fillFilters = (events, shown, fill) => {
  const box = document.querySelector('.filters');
  for (const [group, words] of Object.entries(GROUPS)) {
    const number = events.filter((event) => event.group === group).length;
    if (number === 0) continue;
    const element = button(`g-${group}`, `${words} ${count(number)}`, () => {
      if (shown.has(group)) shown.delete(group);
      else shown.add(group);
      element.ariaPressed = String(shown.has(group));
      fill();
    });
    element.ariaPressed = 'true';
    box.append(element);
  }
};
