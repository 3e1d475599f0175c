/**
 * A list that shows a window of its rows and grows at its end as the reader comes near: 20,000 rows are sorted
 * and filtered as numbers, and only those in sight become elements.
 */
export const LIST_SCRIPT = `
const CHUNK = 100;
const lists = [];
let wanted = '';
const nearEnd = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) target.grow();
  },
  { rootMargin: '600px' },
);
const makeList = ({ id, title, table, note, columns, items, draw, text, isOpen, order }) => {
  if (items.length === 0) return;
  const badge = make('span', 'count', count(items.length));
  const part = make('details', 'part', make('summary', '', make('h2', '', title + ' ', badge)));
  part.id = id;
  if (note) part.append(make('p', 'note', note));
  const head = make('tr');
  const before = make('button', 'more');
  const end = make('p', 'end');
  const grid = make('table', table, make('thead', '', head));
  before.type = 'button';
  part.append(before, grid, end);
  let sorted;
  let shown;
  let compare;
  // Folded lists are sorted when somebody looks.
  const sortedItems = () => (sorted ??= compare === undefined ? items : [...items].sort(compare()));
  const isWanted = (item) => text(item).includes(wanted);
  const shownItems = () => (shown ??= wanted === '' ? sortedItems() : sortedItems().filter(isWanted));
  let from = 0;
  let to = 0;
  const clear = (start) => {
    for (const body of [...grid.tBodies]) body.remove();
    from = start;
    to = start;
    before.hidden = from === 0;
    before.textContent = 'Show the ' + count(from) + ' before';
    if (part.open) grow();
  };
  const grow = () => {
    const next = shownItems().slice(to, to + CHUNK);
    to += next.length;
    grid.append(...next.map(draw));
    end.hidden = to >= shownItems().length;
    nearEnd.unobserve(end);
    if (!end.hidden) nearEnd.observe(end);
  };
  end.grow = grow;
  before.addEventListener('click', () => clear(0));
  const sort = (column, cell, direction) => {
    for (const other of head.cells) other.removeAttribute('aria-sort');
    cell.setAttribute('aria-sort', direction);
    const sign = direction === 'ascending' ? 1 : -1;
    compare = () => {
      const keys = new Map(items.map((item) => [item, column.key(item)]));
      return (a, b) => {
        const [left, right] = [keys.get(a), keys.get(b)];
        return left < right ? -sign : left > right ? sign : 0;
      };
    };
    sorted = undefined;
    shown = undefined;
    clear(0);
  };
  for (const column of columns) {
    const cell = make('th', [column.kind, column.isExtra ? 'extra' : ''].join(' ').trim());
    cell.scope = 'col';
    head.append(cell);
    if (column.key === undefined) {
      cell.append(column.title);
      continue;
    }
    const button = make('button', '', column.title);
    const [up, down] = ['ascending', 'descending'];
    const [first, second] = column.kind === 'number' ? [down, up] : [up, down];
    button.type = 'button';
    button.addEventListener('click', () => sort(column, cell, cell.ariaSort === first ? second : first));
    cell.append(button);
    if (column.title === order) sort(column, cell, first);
  }
  const filter = () => {
    const all = wanted === '';
    shown = undefined;
    const hits = all ? items.length : shownItems().length;
    badge.textContent = all ? count(items.length) : count(hits) + ' of ' + count(items.length);
    part.hidden = hits === 0;
    clear(0);
    return hits;
  };
  const open = () => {
    if (part.open && to === from) grow();
  };
  part.addEventListener('toggle', open);
  part.open = isOpen;
  const list = { id, part, filter, wasOpen: isOpen };
  list.reveal = (item) => {
    const place = items.includes(item) ? shownItems().indexOf(item) : -1;
    if (place < 0) return undefined;
    part.open = true;
    if (place < from || place >= to) clear(Math.max(0, place - 3));
    else open();
    return grid.tBodies[place - from];
  };
  lists.push(list);
  document.querySelector('main').append(part);
  if (part.open && to === 0) grow();
};
`;
