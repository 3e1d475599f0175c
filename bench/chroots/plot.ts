import { scaleLinear, scalePoint } from 'd3-scale';
import { line } from 'd3-shape';

/** One measured build. */
export interface Point {
  readonly slots: number;
  readonly packagesPerMinute: number;
  /** What `max(longest path, work / slots)` of the same run would allow. */
  readonly boundPerMinute: number;
}

const size = { width: 640, height: 400 };
const margin = { top: 56, right: 32, bottom: 56, left: 64 };

/** Throughput against chroot count as an SVG of its own, readable on light and dark ground. */
export const plotThroughput = (points: readonly Point[], title: string): string => {
  const x = scalePoint<number>()
    .domain(points.map(({ slots }) => slots))
    .range([margin.left, size.width - margin.right])
    .padding(0.3);
  const most = Math.max(1, ...points.flatMap((point) => [point.packagesPerMinute, point.boundPerMinute]));
  const y = scaleLinear()
    .domain([0, most])
    .nice()
    .range([size.height - margin.bottom, margin.top]);
  const path = (of: (point: Point) => number): string =>
    line<Point>(
      (point) => x(point.slots) ?? 0,
      (point) => y(of(point)),
    )([...points]) ?? '';
  const ticks = y.ticks(5).map(
    (
      tick,
    ) => `<line x1="${margin.left}" x2="${size.width - margin.right}" y1="${y(tick)}" y2="${y(tick)}" class="grid"/>
<text x="${margin.left - 10}" y="${y(tick)}" class="tick" text-anchor="end" dominant-baseline="middle">${tick}</text>`,
  );
  const marks = points.map((point) => {
    const cx = x(point.slots) ?? 0;
    const cy = y(point.packagesPerMinute);
    return `<circle cx="${cx}" cy="${cy}" r="4" class="mark"/>
<text x="${cx}" y="${cy + 20}" class="value" text-anchor="middle">${point.packagesPerMinute.toFixed(1)}</text>
<text x="${cx}" y="${size.height - margin.bottom + 20}" class="tick" text-anchor="middle">${point.slots}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img">
<title>${title}</title>
<style>
svg { background: #fff; font: 13px system-ui, sans-serif }
.grid { stroke: #e3e3e3 }
.tick { fill: #555 }
.value { fill: #1a1a1a; font-weight: 600 }
.head { fill: #1a1a1a; font-size: 16px; font-weight: 600 }
.line { fill: none; stroke: #0b6bcb; stroke-width: 2.5 }
.bound { fill: none; stroke: #8a8a8a; stroke-width: 1.5; stroke-dasharray: 5 4 }
.mark { fill: #0b6bcb }
</style>
<text x="${margin.left}" y="24" class="head">${title}</text>
<text x="${margin.left}" y="43" class="tick">packages a minute; dashed: what the lower bound of the same run allows</text>
${ticks.join('\n')}
<path d="${path((point) => point.boundPerMinute)}" class="bound"/>
<path d="${path((point) => point.packagesPerMinute)}" class="line"/>
${marks.join('\n')}
<text x="${size.width / 2}" y="${size.height - 14}" class="tick" text-anchor="middle">chroots</text>
</svg>
`;
};
