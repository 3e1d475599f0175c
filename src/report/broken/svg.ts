import { escapeHtml, shorten } from '../escape.ts';
import type { BrokenGraph, BrokenNode, BrokenStatus } from './brokenGraph.ts';
import { type Layering, layOut } from './layers.ts';

/**
 * `meta/report.svg`: the graph of report.dot drawn from left, what failed or is masked, to right, what that keeps
 * from being built. Each box links to its package on report.html, and tells its reason under the pointer.
 */
export function renderSvg(graph: BrokenGraph, title: string): string {
  const places = placeNodes(graph);
  const boxes = [...places.boxes].flatMap(([index, box]) => {
    const node = graph.nodes[index];
    return node === undefined ? [] : [renderNode(node, box)];
  });
  const lines = graph.edges.flatMap(({ from, to }) => {
    const start = places.boxes.get(from);
    const end = places.boxes.get(to);
    const tone = graph.nodes[from]?.status === 'failed' ? 'hot' : 'cold';
    return start === undefined || end === undefined ? [] : [renderEdge(start, end, tone)];
  });
  const { width, height } = places;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" \
viewBox="0 0 ${width} ${height}">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<rect class="ground" width="100%" height="100%"/>
${renderLegend()}
${lines.join('\n')}
${boxes.join('\n')}
</svg>
`;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

interface Places {
  readonly boxes: ReadonlyMap<number, Box>;
  readonly width: number;
  readonly height: number;
}

// Text is set in a fixed width, so that boxes fit it without its being measured.
const CHAR_PX = 7.3;
const ROW_PX = 26;
const BOX_PX = 20;
const GAP_PX = 90;
const MARGIN_PX = 20;
const LEGEND_PX = 40;
const NAME_CHARS = 60;
const LEAST_WIDTH_PX = 640;

const STYLE = `
svg{color-scheme:light dark;--bg:#fff;--fg:#1c2024;--failed:#b3261e;--masked:#44494f;
--blocked:#a65400;--behind:#8a909a}
@media (prefers-color-scheme:dark){svg{--bg:#131619;--fg:#e3e6e9;--failed:#f28b82;--masked:#c3c8ce;
--blocked:#e5a65a;--behind:#78818b}}
text{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--fg)}
.ground{fill:var(--bg)}
.box{fill:var(--bg);stroke:var(--tone);stroke-width:1.5}
.failed{--tone:var(--failed)}.prefailed{--tone:var(--masked)}
.indirect-failed{--tone:var(--blocked)}.indirect-prefailed{--tone:var(--behind)}
.failed .box,.prefailed .box{fill:var(--tone)}
.failed text,.prefailed text{fill:var(--bg)}
path{fill:none;stroke-opacity:.55}.hot{stroke:var(--failed)}.cold{stroke:var(--behind)}
a:hover .box{stroke-width:3}
`;

function placeNodes(graph: BrokenGraph): Places {
  const boxes = new Map<number, Box>();
  let top = MARGIN_PX + LEGEND_PX;
  let right = LEAST_WIDTH_PX;
  for (const part of layOut(graph)) {
    const most = Math.max(...part.columns.map((column) => column.length));
    right = Math.max(right, placePart(graph, part, top, most, boxes));
    top += most * ROW_PX + ROW_PX / 2;
  }
  return { boxes, width: Math.ceil(right + MARGIN_PX), height: Math.ceil(top + MARGIN_PX) };
}

/** Places one part below `top`, its columns centred on the tallest, `most` rows; returns its right edge. */
function placePart(
  graph: BrokenGraph,
  part: Layering,
  top: number,
  most: number,
  boxes: Map<number, Box>,
): number {
  let x = MARGIN_PX;
  for (const column of part.columns) {
    const width = Math.max(...column.map((index) => nameOf(graph.nodes[index]).length)) * CHAR_PX + 16;
    const first = top + ((most - column.length) * ROW_PX) / 2;
    for (const [row, index] of column.entries()) boxes.set(index, { x, y: first + row * ROW_PX, width });
    x += width + GAP_PX;
  }
  return x - GAP_PX;
}

function renderNode(node: BrokenNode, { x, y, width }: Box): string {
  const { pkg, status } = node;
  const box = `<rect class="box" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${BOX_PX}" rx="4"/>`;
  const text = `<text x="${round(x + 8)}" y="${round(y + 14)}">${escapeHtml(nameOf(node))}</text>`;
  return (
    `<a class="${status}" href="report.html#p${pkg.index}">` +
    `<title>${escapeHtml(describe(node))}</title>${box}${text}</a>`
  );
}

function describe({ pkg }: BrokenNode): string {
  const { standing, record } = pkg;
  const head = `${record.pkgname} (${record.pkgpath})`;
  if (standing.kind === 'failed')
    return `${head} failed in ${standing.stage}: ${shorten(standing.reason, 300)}`;
  if (standing.kind === 'prefailed') return `${head} is masked: ${shorten(standing.reason, 300)}`;
  if (standing.kind === 'unresolved') return `${head}: ${shorten(standing.reason, 300)}`;
  return `${head} is not built`;
}

function renderEdge(from: Box, to: Box, tone: 'hot' | 'cold'): string {
  const startX = from.x + from.width;
  const startY = from.y + BOX_PX / 2;
  const endY = to.y + BOX_PX / 2;
  const bend = Math.max(30, Math.abs(to.x - startX) / 2);
  const curve = `${round(startX + bend)} ${round(startY)} ${round(to.x - bend)} ${round(endY)}`;
  return `<path class="${tone}" d="M${round(startX)} ${round(startY)}C${curve} ${round(to.x)} ${round(endY)}"/>`;
}

const LEGEND: readonly (readonly [BrokenStatus, string])[] = [
  ['failed', 'failed'],
  ['indirect-failed', 'needs a failed one'],
  ['prefailed', 'masked'],
  ['indirect-prefailed', 'needs a masked one'],
];

function renderLegend(): string {
  let x = MARGIN_PX;
  return LEGEND.map(([status, words]) => {
    const width = words.length * CHAR_PX + 16;
    const item =
      `<g class="${status}"><rect class="box" x="${round(x)}" y="${MARGIN_PX}" width="${round(width)}" ` +
      `height="${BOX_PX}" rx="4"/><text x="${round(x + 8)}" y="${MARGIN_PX + 14}">${words}</text></g>`;
    x += width + 12;
    return item;
  }).join('\n');
}

const nameOf = (node: BrokenNode | undefined): string => shorten(node?.pkg.record.pkgname ?? '', NAME_CHARS);

const round = (value: number): string => String(Math.round(value * 10) / 10);
