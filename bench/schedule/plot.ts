import { scaleLog } from 'd3-scale';
import type { Line } from './compare.ts';
import { nameTurn } from './table.ts';

const rowHeight = 26;
const width = 960;
const margin = { top: 104, right: 32, bottom: 40, left: 390 };

/** Makespan by lower bound: a line for each mesh, a mark on it for each contender. Readable on light and dark ground. */
export const plotRatios = (lines: readonly Line[], title: string): string => {
  const names = lines[0]?.scores.map(({ name }) => name) ?? [];
  const most = Math.max(1.5, ...lines.flatMap(({ scores }) => scores.map(({ ratio }) => ratio)));
  const height = margin.top + lines.length * rowHeight + margin.bottom;
  const x = scaleLog()
    .domain([1, most * 1.03])
    .range([margin.left, width - margin.right]);
  const ticks = [1, 1.05, 1.1, 1.2, 1.5, 2, 3, 5].filter((tick) => tick <= most * 1.03);
  const bottom = height - margin.bottom;
  const grid = ticks.map(
    (tick) => `<line x1="${x(tick)}" x2="${x(tick)}" y1="${margin.top - 8}" y2="${bottom}" class="grid"/>
<text x="${x(tick)}" y="${bottom + 18}" class="tick" text-anchor="middle">${tick}</text>`,
  );
  const rows = lines.map((line, row) => {
    const y = margin.top + (row + 0.5) * rowHeight;
    // What is drawn last lies on top: ours.
    const marks = line.scores.map(({ name, ratio }) => mark(name, names.indexOf(name), x(ratio), y));
    return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y}" y2="${y}" class="row"/>
<text x="${margin.left - 14}" y="${y}" class="tick" text-anchor="end" dominant-baseline="middle">${describe(line)}</text>
${marks.join('')}`;
  });
  const legend = names.map((name, at) => {
    const left = 24 + (at % 5) * 186;
    const y = 52 + Math.floor(at / 5) * 22;
    return `${mark(name, at, left, y)}<text x="${left + 12}" y="${y}" class="tick" dominant-baseline="middle">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>${title}</title>
<style>
svg { background: #fff; font: 13px system-ui, sans-serif }
.grid { stroke: #e3e3e3 }
.row { stroke: #f0f0f0 }
.tick { fill: #555 }
.head { fill: #1a1a1a; font-size: 16px; font-weight: 600 }
</style>
<text x="24" y="26" class="head">${title}</text>
${legend.join('\n')}
${grid.join('\n')}
${rows.join('\n')}
</svg>
`;
};

const describe = ({ workload, hosts, slots, turn, sigma }: Line): string => {
  const estimates = sigma === 0 ? '' : ', noisy estimates';
  return `${workload === 'bulk-large' ? '' : `${workload}: `}${hosts} x ${slots}, ${nameTurn(turn)}${estimates}`;
};

const colours = ['#b3b3b3', '#e0803c', '#7b5ea7', '#2e9e6b'];

/** Stealing is a filled mark, a fixed place a ring; ours is a bar. */
const mark = (name: string, at: number, cx: number, cy: number): string => {
  if (name === 'ours')
    return `<rect x="${cx - 2.5}" y="${cy - 10}" width="5" height="20" rx="1" fill="#0b6bcb"/>`;
  const isPair = name.endsWith('stealing');
  const colour = colours[name.startsWith('-j') ? at : at >> 1] ?? '#000';
  const isFilled = isPair || name.startsWith('-j');
  return `<circle cx="${cx}" cy="${cy}" r="5" fill="${isFilled ? colour : '#fff'}" stroke="${colour}" stroke-width="2"/>`;
};
