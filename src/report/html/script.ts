/**
 * What the page can do beyond being read, in plain JavaScript: sort a table by a click on its head, find
 * packages by name, and open the part that a link points into. Without it everything can still be read and
 * unfolded.
 */
export const SCRIPT = `
'use strict';
const SECONDS = { s: 1, m: 60, h: 3600, d: 86400 };
const UNITS = { ...SECONDS, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
const toNumber = (text) => {
  let sum = 0;
  for (const [, value, unit] of text.replaceAll(',', '').matchAll(/([\\d.]+) ?([smhdB]\\b|[KMGT]iB)?/g)) {
    sum += value * (UNITS[unit] ?? 1);
  }
  return sum;
};
const listItems = (table) => {
  const groups = [...table.tBodies];
  return groups.length > 1 || groups[0]?.id ? groups : [...(groups[0]?.rows ?? [])];
};
const sortTable = (table, head, column) => {
  const isNumber = head.classList.contains('number');
  const first = isNumber ? 'descending' : 'ascending';
  const second = isNumber ? 'ascending' : 'descending';
  const direction = head.ariaSort === first ? second : first;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', direction);
  const sign = direction === 'ascending' ? 1 : -1;
  const keyed = listItems(table).map((item) => {
    const cell = (item.rows ? item.rows[0] : item).cells[column];
    const text = cell.textContent.trim();
    return { item, key: isNumber ? toNumber(text) : text.toLowerCase() };
  });
  keyed.sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const parent = keyed[0]?.item.parentNode;
  parent?.append(...keyed.map(({ item }) => item));
};
for (const table of document.querySelectorAll('table')) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (head.textContent === '') return;
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    button.addEventListener('click', () => sortTable(table, head, column));
    head.append(button);
  });
}
const parts = [...document.querySelectorAll('.part')];
const find = document.querySelector('.find');
const field = find.querySelector('input');
const found = find.querySelector('output');
const texts = new WeakMap();
const wasOpen = new Map();
const textOf = (item) => {
  let text = texts.get(item);
  if (text === undefined) texts.set(item, (text = item.textContent.toLowerCase()));
  return text;
};
const filter = () => {
  const wanted = field.value.trim().toLowerCase();
  let count = 0;
  for (const part of parts) {
    if (!wasOpen.has(part)) wasOpen.set(part, part.open);
    let hits = 0;
    for (const item of listItems(part.querySelector('table'))) {
      const isHit = textOf(item).includes(wanted);
      item.hidden = !isHit;
      if (isHit) hits++;
    }
    part.hidden = hits === 0;
    part.open = wanted === '' ? wasOpen.get(part) : hits > 0 && hits <= 2000;
    if (part.id !== 'top') count += hits;
  }
  if (wanted === '') wasOpen.clear();
  found.textContent = wanted === '' ? '' : count.toLocaleString('en-US') + ' found';
};
let waiting = 0;
field.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(filter, 150);
});
find.hidden = false;
const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  const part = target?.closest('.part');
  if (!part) return;
  part.open = true;
  target.scrollIntoView();
};
addEventListener('hashchange', openTarget);
for (const link of document.querySelectorAll('.tiles a')) {
  link.addEventListener('click', () => setTimeout(openTarget));
}
openTarget();
`;
