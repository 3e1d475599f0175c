/** Elements and words. Text from packages becomes text nodes, never markup. */
export const WORDS_SCRIPT = `
const make = (tag, className, ...children) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
};
const link = (href, text, className) => {
  const element = make('a', className, text);
  element.href = href;
  return element;
};
const count = (value) => value.toLocaleString('en-US');
const two = (value) => String(value).padStart(2, '0');
const duration = (tenths) => {
  if (tenths < 0) return '';
  if (tenths < 100) return (tenths / 10).toFixed(1) + 's';
  const seconds = Math.round(tenths / 10);
  if (seconds < 60) return seconds + 's';
  if (seconds < 3600) return Math.floor(seconds / 60) + 'm ' + two(seconds % 60) + 's';
  const minutes = Math.round(seconds / 60);
  return Math.floor(minutes / 60) + 'h ' + two(minutes % 60) + 'm';
};
const size = (kib) => {
  if (kib < 0) return '';
  if (kib < 1024) return kib + ' KiB';
  return kib < 1024 ** 2 ? (kib / 1024).toFixed(1) + ' MiB' : (kib / 1024 ** 2).toFixed(1) + ' GiB';
};
const nameLink = (i) =>
  'dk'.includes(kinds[i]) ? make('span', '', names[i]) : link('#p' + i, names[i]);
const nameList = (indexes, cap) => {
  const box = make('span', 'names');
  const show = (list) => {
    for (const i of list) box.append(nameLink(i), ' ');
  };
  show(indexes.slice(0, cap));
  if (indexes.length > cap) {
    const more = make('button', 'more', 'and ' + count(indexes.length - cap) + ' more');
    more.type = 'button';
    more.addEventListener('click', () => {
      more.remove();
      show(indexes.slice(cap));
    });
    box.append(more);
  }
  return box;
};
const folded = (words, fill) => {
  const box = make('details', 'broken', make('summary', '', words));
  box.addEventListener('toggle', () => fill(box), { once: true });
  return box;
};
`;
