import { colorOfLeader } from './colors.js';
import { describeHost, spanAt } from './data.js';
import { make } from './words.js';

/** The names of the hosts, and how each is at the cursor. */
export const createGutter = (app) => {
  const labels = app.data.hosts.map(({ name, detail }, host) => {
    const [title, line] = [make('b', '', name), make('span', '', detail)];
    const element = make('div', 'host', title, line);
    element.title = `${name}: ${detail}`;
    document.getElementById('rows').append(element);
    return { host, detail, element, line };
  });
  const place = () => {
    for (const { host, element, line } of labels) {
      const row = app.layout.rows[host];
      element.style.top = `${row.top}px`;
      element.style.height = `${row.height}px`;
      line.hidden = row.height < 34;
    }
  };
  const tell = () => {
    const ms = app.view.cursorMs;
    for (const { host, detail, element, line } of labels) {
      const follow = ms === undefined ? undefined : spanAt(app.data.followsOf[host], ms);
      const isGone = ms !== undefined && spanAt(app.data.livesOf[host], ms) === undefined;
      const leads = follow?.leader === host && !isGone;
      element.classList.toggle('leads', leads);
      element.classList.toggle('gone', isGone);
      element.style.setProperty('--tone', leads ? colorOfLeader(app, host) : '');
      const words = ms === undefined ? detail : describeHost(app.data, host, ms);
      if (line.textContent !== words) line.textContent = words;
    }
  };
  return { place, tell };
};
