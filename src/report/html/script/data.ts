/** The data of the page, and questions about its graph. Plain JavaScript, as all of the page's script. */
export const DATA_SCRIPT = `
const data = JSON.parse(document.getElementById('data').textContent);
const { names, kinds } = data;
const isFailed = (i) => 'fti'.includes(kinds[i]);
const pathOf = (i) => data.paths[data.path[i]];
const maintainerOf = (i) => data.maintainers[data.maintainer[i]];
const stageOf = (i) => data.stages[data.stage[i]] ?? '';
const reasonOf = (i) => data.reason[i] ?? '';
const listIndexes = (letters) => {
  const found = [];
  for (let i = 0; i < kinds.length; i++) if (letters.includes(kinds[i])) found.push(i);
  return found;
};
const listLogs = (i) => data.stages.filter((_, place) => Math.floor(data.logs[i] / 2 ** place) % 2 === 1);
const logUrl = (i, stage) =>
  data.logDir + encodeURIComponent(names[i]) + '/' + encodeURIComponent(stage) + '.log';
const walk = (from, nextOf, isEnd) => {
  const seen = new Set([from]);
  for (const at of seen) if (at === from || !isEnd(at)) for (const next of nextOf(at)) seen.add(next);
  seen.delete(from);
  return [...seen];
};
const listBroken = (i) => walk(i, (at) => data.dependents[at] ?? [], () => false).sort((a, b) => a - b);
let needs;
const listNeeds = (i) => {
  if (needs === undefined) {
    needs = new Map();
    for (const [on, users] of Object.entries(data.dependents)) {
      for (const user of users) {
        const list = needs.get(user);
        if (list === undefined) needs.set(user, [Number(on)]);
        else list.push(Number(on));
      }
    }
  }
  return needs.get(i) ?? [];
};
const CULPRITS = { b: 'fti', x: 'm', y: 'u' };
const listCulprits = (i) =>
  walk(i, listNeeds, (at) => !'bxy'.includes(kinds[at]))
    .filter((at) => CULPRITS[kinds[i]].includes(kinds[at]))
    .sort((a, b) => data.breaks[b] - data.breaks[a] || a - b);
const sinceOf = (i) => {
  if (data.since === undefined || !isFailed(i)) return '';
  const was = data.since.failed[i];
  if (was === undefined) return 'new';
  return was === null ? 'first try' : was === stageOf(i) ? 'still' : 'still, was ' + was;
};
const texts = new Map();
const textOf = (i) => {
  let text = texts.get(i);
  if (text === undefined) {
    const said = [names[i], pathOf(i), maintainerOf(i), stageOf(i), reasonOf(i), sinceOf(i)];
    text = said.join('\\n').toLowerCase();
    texts.set(i, text);
  }
  return text;
};
`;
