/** The lists of the page, the box that filters them, and links into them. */
export const PAGE_SCRIPT = `
const ROWS_OPEN = 25;
const byName = (i) => names[i].toLowerCase();
const NAME = { title: 'Package', kind: 'text', key: byName };
const NAME_WIDE = { ...NAME, kind: 'wide' };
const PATH = { title: 'Path', kind: 'wide', key: pathOf };
const BREAKS = { title: 'Breaks', kind: 'number', key: (i) => data.breaks[i] };
const TIME = { title: 'Time', kind: 'number', key: (i) => data.tenths[i] };
const FAILED = [
  NAME_WIDE,
  { title: 'Failed in', kind: 'text', key: stageOf },
  ...(data.since ? [{ title: 'Since', kind: 'text', key: sinceOf }] : []),
  BREAKS,
  { title: 'Maintainer', kind: 'text', isExtra: true, key: maintainerOf },
  TIME,
];
const REFUSED = [NAME, BREAKS, { title: 'Reason', kind: 'wide', key: reasonOf }];
const BLOCKED = [NAME, { title: 'Because of', kind: 'wide' }];
const NAMED = [NAME, PATH];
const BUILT = [
  NAME,
  { ...PATH, isExtra: true },
  TIME,
  { title: 'Jobs', kind: 'number', isExtra: true, key: (i) => data.jobs[i] },
  { title: 'Size', kind: 'number', key: (i) => data.kib[i] },
  { title: 'Where', kind: 'text', isExtra: true, key: (i) => data.places[data.place[i]] ?? '' },
];
const ofPackages = (id, title, letters, table, columns, draw, order, isOpen) => {
  const items = listIndexes(letters);
  const isShort = items.length <= ROWS_OPEN;
  makeList({ id, title, table, columns, items, draw, order, text: textOf, isOpen: isOpen ?? isShort });
};
const failures = listIndexes('fti');
const failed = { table: 'failures', columns: FAILED, draw: drawFailure, order: 'Breaks', text: textOf };
const fresh = data.since ? failures.filter((i) => sinceOf(i) === 'new') : [];
if (fresh.length < failures.length) {
  makeList({ ...failed, id: 'new', title: 'New failures', items: fresh, isOpen: true });
}
makeList({ ...failed, id: 'failed', title: 'Failed packages', items: failures, isOpen: true });
const pairText = ([i]) => textOf(i);
const STAGE_BEFORE = { title: 'Failed before in', kind: 'text', key: ([, stage]) => stage };
makeList({
  id: 'fixed', title: 'Fixed', table: 'fixed', items: data.since?.fixed ?? [], draw: drawFixed,
  text: pairText,
  columns: [
    { ...NAME_WIDE, key: ([i]) => byName(i) }, STAGE_BEFORE, { ...TIME, key: ([i]) => data.tenths[i] },
  ],
  isOpen: (data.since?.fixed.length ?? 0) <= ROWS_OPEN, order: 'Package',
});
const ofBlocked = (id, title, letters) =>
  ofPackages(id, title, letters, 'culprits', BLOCKED, drawBlocked, 'Package');
const ofRefused = (id, title, letters) =>
  ofPackages(id, title, letters, 'reasons', REFUSED, drawRefused, 'Breaks');
ofBlocked('blocked', 'Not built because of a failed package', 'b');
ofRefused('masked', 'Masked packages', 'm');
ofBlocked('behind-masked', 'Not built because of a masked package', 'x');
ofRefused('unresolved', 'Packages whose dependencies cannot be resolved', 'u');
ofBlocked('behind-unresolved', 'Not built because of an unresolved package', 'y');
makeList({
  id: 'scan', title: 'Scan failures', table: 'culprits', items: data.scan, draw: drawScan,
  text: ([path, reason]) => (path + '\\n' + reason).toLowerCase(),
  columns: [
    { title: 'Path', kind: 'text', key: ([path]) => path },
    { title: 'Reason', kind: 'wide', key: ([, reason]) => reason },
  ],
  isOpen: data.scan.length <= ROWS_OPEN,
});
makeList({
  id: 'gone', title: 'Failed before, not part of this build', table: 'fixed', items: data.since?.gone ?? [],
  draw: drawGone,
  text: ([name, path]) => (name + '\\n' + path).toLowerCase(),
  columns: [
    { title: 'Package', kind: 'wide', key: ([name]) => name },
    { title: 'Path', kind: 'text', key: ([, path]) => path },
    { ...STAGE_BEFORE, key: ([, , stage]) => stage },
  ],
  isOpen: false,
});
ofPackages('open', 'Not built before the build stopped', 'o', 'culprits', NAMED, drawNamed, 'Package');
ofPackages('built', 'Built packages', 'd', 'built', BUILT, drawBuilt, 'Package', false);
ofPackages('kept', 'Kept from earlier builds', 'k', 'culprits', NAMED, drawNamed, 'Package', false);
const find = document.querySelector('.find');
const field = find.querySelector('input');
const found = find.querySelector('output');
const search = () => {
  const word = field.value.trim().toLowerCase();
  if (word !== '' && wanted === '') for (const list of lists) list.wasOpen = list.part.open;
  wanted = word;
  let hits = 0;
  for (const list of lists) {
    const some = list.filter();
    list.part.open = word === '' ? list.wasOpen : some > 0;
    if (list.id !== 'new' && list.id !== 'fixed') hits += some;
  }
  found.textContent = word === '' ? '' : count(hits) + ' found';
};
let waiting = 0;
field.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(search, 120);
});
find.hidden = false;
const follow = () => {
  const id = location.hash.slice(1);
  const index = /^p\\d+$/.test(id) ? Number(id.slice(1)) : -1;
  if (wanted !== '') {
    field.value = '';
    search();
  }
  for (const other of document.querySelectorAll('.target')) other.classList.remove('target');
  for (const list of lists) {
    if (list.id === id) {
      list.part.open = true;
      list.part.scrollIntoView();
      return;
    }
    const body = index < 0 || list.id === 'new' ? undefined : list.reveal(index);
    if (body === undefined) continue;
    body.classList.add('target');
    body.scrollIntoView({ block: 'center' });
    return;
  }
};
addEventListener('hashchange', follow);
for (const tile of document.querySelectorAll('header a')) {
  tile.addEventListener('click', () => setTimeout(follow));
}
if (location.hash !== '') follow();
`;
