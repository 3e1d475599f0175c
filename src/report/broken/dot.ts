import type { BrokenGraph, BrokenStatus } from './brokenGraph.ts';

/** `meta/report.dot`: what is broken and what needs it, in the words and colours of pbulk's graph. */
export function* renderDot({ nodes, edges }: BrokenGraph): Generator<string> {
  yield 'digraph "Broken packages" {\n';
  for (const { from, to } of edges) {
    const start = nodes[from];
    const end = nodes[to];
    if (start === undefined || end === undefined) continue;
    const color = start.status === 'failed' ? 'red' : 'lightgray';
    yield `${quote(start.pkg.record.pkgname)} -> ${quote(end.pkg.record.pkgname)} [ color = "${color}" ];\n`;
  }
  for (const { pkg, status } of nodes) {
    const name = quote(pkg.record.pkgname);
    const color = COLORS[status];
    yield `${name} [ color = "${color}", fontcolor = "${color}", label=${name} ];\n`;
  }
  yield '}\n';
}

const COLORS: Readonly<Record<BrokenStatus, string>> = {
  failed: 'red',
  prefailed: 'gray2',
  'indirect-failed': 'orange',
  'indirect-prefailed': 'lightgray',
};

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (char) => `\\${char}`).replaceAll(/[\r\n]/g, ' ')}"`;
}
