import type { Line } from './compare.ts';

/** A table in Markdown: a row for each mesh, a column for each contender; the mean of all seeds, and in brackets the worst. */
export const renderTable = (lines: readonly Line[]): string => {
  const names = lines[0]?.scores.map(({ name }) => name) ?? [];
  const head = ['graph', 'hosts x slots', 'hosts are', 'estimates', 'bound, h', ...names];
  const rows = lines.map(({ scores, ...line }) => [
    line.workload,
    `${line.hosts} x ${line.slots}`,
    nameTurn(line.turn),
    line.sigma === 0 ? 'exact' : `e^(${line.sigma} sigma)`,
    line.boundHours.toFixed(2),
    ...scores.map(({ ratio, worst }) =>
      worst - ratio < 0.0005 ? ratio.toFixed(3) : `${ratio.toFixed(3)} (${worst.toFixed(3)})`,
    ),
  ]);
  const rule = head.map((_, column) => (column < 4 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
};

/** What a row's hosts are like, for people. */
export const nameTurn = (turn: string): string => {
  switch (turn) {
    case 'unequal':
      return 'of speed 0.5 to 1.5';
    case 'join':
      return 'equal, one joins at 25 %';
    case 'death':
      return 'equal, one dies at 50 %';
    default:
      return 'equal';
  }
};
