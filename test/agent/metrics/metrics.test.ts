import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderFamilies } from '../../../agent/metrics/exposition.ts';
import { listFamilies } from '../../../agent/metrics/families.ts';
import { listenMetrics } from '../../../agent/metrics/listener.ts';
import { createTally } from '../../../agent/metrics/tally.ts';
import { hostId } from '../../../src/core/ids.ts';
import { makeLife } from '../../core/lives.ts';
import { makeFact } from '../../store/makeFact.ts';
import { makeMesh } from '../view/pictures.ts';

const listAll = () => {
  const tally = createTally(hostId('h1'));
  tally.hearFact(makeFact(makeLife('h1'), 1));
  tally.hearFact(makeFact(makeLife('h2'), 1));
  tally.hearFact(
    makeFact(makeLife('h1'), 2, { kind: 'failed', class: 'timeout', stage: 'build', reason: 'hung' }),
  );
  return listFamilies({
    mesh: makeMesh(),
    tally,
    sent: new Map([
      ['heartbeat', 7],
      ['taken', 2],
    ]),
    heard: new Map([['heartbeat', 6]]),
    files: { bytesIn: 10, bytesOut: 20 },
    delayMaxMs: 12.5,
  });
};

/** The grammar of the text format, as far as it has no time stamps. */
const sample =
  /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-z_]+="([^"\\\n]|\\[\\"n])*",?)+\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/;

it('figures are in the text format of Prometheus: each family has its help and its type once, before its samples', () => {
  const lines = renderFamilies(listAll()).trimEnd().split('\n');
  const families = new Set<string>();
  let family = '';
  for (const line of lines) {
    if (line.startsWith('# HELP ')) {
      family = line.split(' ')[2] ?? '';
      expect(families.has(family)).toBe(false);
      families.add(family);
    } else if (line.startsWith('# TYPE ')) {
      expect(line).toBe(`# TYPE ${family} ${family.endsWith('_total') ? 'counter' : 'gauge'}`);
    } else {
      expect(line).toMatch(sample);
      expect(line.split(/[{ ]/)[0]).toBe(family);
    }
  }
  expect(lines).toContain('bulkmesh_packages_ended_total{outcome="built"} 1');
  expect(lines).toContain('bulkmesh_packages_ended_total{outcome="timeout"} 1');
  expect(lines).toContain('bulkmesh_peers{state="alive"} 1');
  expect(lines).toContain('bulkmesh_peers{state="unreachable"} 1');
  expect(lines).toContain('bulkmesh_slots{state="running"} 1');
  expect(lines).toContain('bulkmesh_steals_total 2');
  expect(lines).toContain('bulkmesh_file_bytes_sent_total 20');
  expect(lines).toContain('bulkmesh_event_loop_delay_max_seconds 0.0125');
  expect(lines).toContain('bulkmesh_build_packages{build="20261123T104800Z-abc123",state="built"} 11');
});

it('what a label holds cannot end it', () => {
  const text = renderFamilies([
    {
      name: 'x',
      help: 'a\nb\\',
      type: 'gauge',
      samples: [{ labels: { name: 'a"b\\c\nd' }, value: Number.POSITIVE_INFINITY }],
    },
  ]);
  expect(text).toBe('# HELP x a\\nb\\\\\n# TYPE x gauge\nx{name="a\\"b\\\\c\\nd"} +Inf\n');
});

it('figures are given to those that show the token alone, and at /metrics alone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-metrics-'));
  const tokenFile = join(dir, 'token');
  await writeFile(tokenFile, 'short\n');
  const place = { listen: '127.0.0.1:0', tokenFile };
  await expect(listenMetrics(place, listAll)).rejects.toMatchObject({ code: 'METRICS_TOKEN' });
  await writeFile(tokenFile, '0123456789abcdef\n');
  const listener = await listenMetrics(place, listAll);
  try {
    const ask = (path: string, authorization?: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${listener.port}${path}`, {
        headers: authorization === undefined ? {} : { authorization },
      });
    const given = await ask('/metrics', 'Bearer 0123456789abcdef');
    expect(given.status).toBe(200);
    expect(given.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await given.text()).toContain('bulkmesh_info{host="h1",name="alpha"');
    expect((await ask('/metrics')).status).toBe(401);
    expect((await ask('/metrics', 'Bearer 0123456789abcdeg')).status).toBe(401);
    expect((await ask('/', 'Bearer 0123456789abcdef')).status).toBe(404);
    const taken = { listen: `127.0.0.1:${listener.port}`, tokenFile: undefined };
    await expect(listenMetrics(taken, listAll)).rejects.toMatchObject({ code: 'METRICS_LISTEN' });
  } finally {
    await listener.close();
    await rm(dir, { recursive: true });
  }
});
