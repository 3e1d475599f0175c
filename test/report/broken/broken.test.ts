import { describe, expect, it } from 'vitest';
import { cutBrokenGraph } from '../../../src/report/broken/brokenGraph.ts';
import { renderDot } from '../../../src/report/broken/dot.ts';
import { layOut } from '../../../src/report/broken/layers.ts';
import { renderSvg } from '../../../src/report/broken/svg.ts';
import { deriveOutcomes } from '../../../src/report/outcomes.ts';
import { built, everyStanding, makeInput, type PackageSpec } from '../fixture.ts';

const graphOf = (input: ReturnType<typeof makeInput>) => cutBrokenGraph(deriveOutcomes(input));
const fails = { failedIn: 'build', reason: 'Error code 1' };

describe('the graph of what is broken', () => {
  it('is written as pbulk does: edges by their cause, packages by their status, lone failures left out', () => {
    const dot = [...renderDot(graphOf(everyStanding()))].join('');
    expect(dot).toBe(
      [
        'digraph "Broken packages" {',
        '"cairo-1.18.4" -> "pango-1.56.3" [ color = "red" ];',
        '"pango-1.56.3" -> "gtk3+-3.24.51" [ color = "lightgray" ];',
        '"py312-fuse-1.0" -> "gtk3+-3.24.51" [ color = "red" ];',
        '"fuse-3.17" -> "sshfs-3.7" [ color = "lightgray" ];',
        '"buildbot-4.2" -> "buildbot-www-4.2" [ color = "lightgray" ];',
        '"pango-1.56.3" [ color = "orange", fontcolor = "orange", label="pango-1.56.3" ];',
        '"cairo-1.18.4" [ color = "red", fontcolor = "red", label="cairo-1.18.4" ];',
        '"gtk3+-3.24.51" [ color = "orange", fontcolor = "orange", label="gtk3+-3.24.51" ];',
        '"py312-fuse-1.0" [ color = "red", fontcolor = "red", label="py312-fuse-1.0" ];',
        '"sshfs-3.7" [ color = "lightgray", fontcolor = "lightgray", label="sshfs-3.7" ];',
        '"fuse-3.17" [ color = "gray2", fontcolor = "gray2", label="fuse-3.17" ];',
        '"buildbot-www-4.2" [ color = "lightgray", fontcolor = "lightgray", label="buildbot-www-4.2" ];',
        '"buildbot-4.2" [ color = "gray2", fontcolor = "gray2", label="buildbot-4.2" ];',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('holds no package that is there, and is empty when nothing is broken', () => {
    const graph = graphOf(
      makeInput([
        { name: 'a-1', run: built() },
        { name: 'b-1', needs: ['a-1'], run: fails },
      ]),
    );
    expect(graph).toEqual({ nodes: [], edges: [] });
    expect([...renderDot(graph)].join('')).toBe('digraph "Broken packages" {\n}\n');
  });

  it('quotes names for graphviz and escapes them for the picture', () => {
    const evil = 'a"\\<script>&-1';
    const graph = graphOf(
      makeInput([
        { name: evil, run: fails },
        { name: 'b-1', needs: [evil] },
      ]),
    );
    expect([...renderDot(graph)].join('')).toContain('"a\\"\\\\<script>&-1" -> "b-1"');
    const svg = renderSvg(graph, evil);
    expect(svg).not.toContain('<script>');
    expect(svg).toContain('&lt;script&gt;&amp;-1');
  });

  it('is laid out from cause to consequence, parts one below the other, the largest first', () => {
    const specs: PackageSpec[] = [
      { name: 'lone-1', run: fails },
      { name: 'lone-user-1', needs: ['lone-1'] },
      { name: 'root-1', run: fails },
      { name: 'mid-1', needs: ['root-1'] },
      { name: 'top-1', needs: ['mid-1', 'root-1'] },
    ];
    const graph = graphOf(makeInput(specs));
    const names = layOut(graph).map(({ columns }) =>
      columns.map((column) => column.map((index) => graph.nodes[index]?.pkg.record.pkgname)),
    );
    expect(names).toEqual([
      [['root-1'], ['mid-1'], ['top-1']],
      [['lone-1'], ['lone-user-1']],
    ]);
  });

  it('is laid out although it has a cycle', () => {
    const cyclic = { kind: 'unresolved', reason: 'it is on a cycle' } as const;
    const graph = graphOf(
      makeInput([
        { name: 'a-1', needs: ['b-1'], state: cyclic },
        { name: 'b-1', needs: ['a-1', 'c-1'], state: cyclic },
        { name: 'c-1', run: fails },
      ]),
    );
    const placed = layOut(graph).flatMap(({ columns }) => columns.flat());
    expect(placed.toSorted()).toEqual([0, 1, 2]);
  });

  it('is drawn with a link to each package on the page, and its reason under the pointer', () => {
    const svg = renderSvg(graphOf(everyStanding()), 'title');
    expect(svg.match(/<a class="[a-z-]+" href="report\.html#p\d+">/g)).toHaveLength(8);
    expect(svg).toContain('cairo-1.18.4 (graphics/cairo) failed in configure: configure: error: pixman');
    expect(svg.match(/<path/g)).toHaveLength(5);
  });
});
