import { createReadStream } from 'node:fs';
import { unpackBytes } from '../../src/pkgsrc/compression.ts';
import { writePresolve } from '../../src/pkgsrc/presolve.ts';
import { readPscan } from '../../src/pkgsrc/pscan.ts';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';

/** What the process had used at the end of a step, from its start. */
export interface Usage {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakRssBytes: number;
}

/** What one run of this program prints: one line of JSON. */
export interface ChildResult {
  readonly records: number;
  readonly malformed: number;
  readonly states: Readonly<Record<string, number>>;
  readonly started: Usage;
  /** Only where unpacking is measured by itself. */
  readonly unpacked?: Usage;
  readonly parsed: Usage;
  readonly resolved: Usage;
  readonly written: Usage;
}

/** With a third word the input is also unpacked once for nothing before, to know what that costs. */
const [input = '', output = '', alsoUnpack] = process.argv.slice(2);
const started = measureUsage();
const unpacked = alsoUnpack === undefined ? undefined : await measureUnpacking();
const scanned = await readPscan(input);
const parsed = measureUsage();
const resolution = resolveRecords(scanned.records);
const resolved = measureUsage();
await writePresolve(output, resolution);
const written = measureUsage();

const states: Record<string, number> = {};
for (const { state } of resolution.packages) {
  const word = state.kind === 'masked' ? `masked-${state.by}` : state.kind;
  states[word] = (states[word] ?? 0) + 1;
}
const result: ChildResult = {
  records: scanned.records.length,
  malformed: scanned.malformed.length,
  states,
  started,
  ...(unpacked === undefined ? {} : { unpacked }),
  parsed,
  resolved,
  written,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

async function measureUnpacking(): Promise<Usage> {
  let sizeBytes = 0;
  for await (const chunk of unpackBytes('zstd', createReadStream(input))) sizeBytes += chunk.length;
  if (sizeBytes === 0) throw new Error('nothing to unpack');
  return measureUsage();
}

function measureUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: Math.round((user + system) / 1000),
    wallMs: Math.round(performance.now()),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}
