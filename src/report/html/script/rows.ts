/** How a package looks in each list: one table body, so that a row can have a second line. */
export const ROWS_SCRIPT = `
const NAMES_SHOWN = 40;
const CULPRITS_SHOWN = 6;
const row = (i, ...cells) => {
  const line = make('tr', '', ...cells.map(([className, content]) => make('td', className, content)));
  const body = make('tbody', '', line);
  if (typeof i === 'number' && '#p' + i === location.hash) body.classList.add('target');
  return body;
};
const nameCell = (i) => make('span', '', make('b', '', names[i]), ' ', make('span', 'mute', pathOf(i)));
const stageCell = (i) => {
  const stage = stageOf(i);
  const hasLog = listLogs(i).includes(stage);
  return hasLog ? link(logUrl(i, stage), stage, 'stage') : make('span', 'stage', stage);
};
const sinceCell = (i) => make('span', 'since ' + sinceOf(i).slice(0, 5).trim(), sinceOf(i));
const drawFailure = (i) => {
  const name = nameCell(i);
  if (kinds[i] === 't') name.append(' ', make('span', 'badge', 'timed out'));
  if (kinds[i] === 'i') name.append(' ', make('span', 'badge', 'trouble of hosts'));
  const body = row(
    i,
    ['', name],
    ['', stageCell(i)],
    ...(data.since ? [['', sinceCell(i)]] : []),
    ['number', count(data.breaks[i])],
    ['extra', maintainerOf(i)],
    ['number', duration(data.tenths[i])],
  );
  const run = make('p', 'run');
  const logs = listLogs(i);
  if (logs.length > 0) {
    run.append('Logs:');
    for (const stage of logs) run.append(' ', link(logUrl(i, stage), stage));
  }
  if (data.place[i] >= 0) run.append(make('span', '', data.places[data.place[i]]), make('span', '', jobs(i)));
  run.append(make('span', 'narrow', maintainerOf(i)));
  const cell = make('td', '', make('p', 'why', reasonOf(i)), run);
  cell.colSpan = body.rows[0].cells.length;
  if (data.breaks[i] > 0) {
    cell.append(folded('What it breaks', (box) => box.append(nameList(listBroken(i), NAMES_SHOWN * 10))));
  }
  body.append(make('tr', 'sub', cell));
  return body;
};
const jobs = (i) => (data.jobs[i] === 1 ? '1 job' : data.jobs[i] + ' jobs');
const drawBlocked = (i) =>
  row(i, ['', nameCell(i)], ['wide', nameList(listCulprits(i), CULPRITS_SHOWN)]);
const drawRefused = (i) => {
  const why = make('div', '', reasonOf(i));
  if (data.breaks[i] > 0) {
    const fill = (box) => box.append(nameList(listBroken(i), NAMES_SHOWN));
    why.append(folded('What it keeps from being built', fill));
  }
  return row(i, ['', nameCell(i)], ['number', count(data.breaks[i])], ['wide', why]);
};
const drawNamed = (i) => row(i, ['', names[i]], ['wide', pathOf(i)]);
const drawBuilt = (i) => {
  const linked = data.logs[i] > 0;
  const name = linked ? link(data.logDir + encodeURIComponent(names[i]) + '/', names[i]) : names[i];
  return row(
    i,
    ['', name],
    ['extra', pathOf(i)],
    ['number', duration(data.tenths[i])],
    ['number extra', data.jobs[i] < 0 ? '' : String(data.jobs[i])],
    ['number', size(data.kib[i])],
    ['extra', data.places[data.place[i]] ?? ''],
  );
};
const drawFixed = ([i, stage]) =>
  row(i, ['', nameCell(i)], ['', stage], ['number', duration(data.tenths[i])]);
const drawGone = ([name, path, stage]) => row(undefined, ['', name], ['', path], ['', stage]);
const drawScan = ([path, reason, detail]) => {
  const why = make('div', '', reason);
  if (detail) why.append(folded('What make said', (box) => box.append(make('pre', '', detail))));
  return row(undefined, ['', path], ['wide', why]);
};
`;
