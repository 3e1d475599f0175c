import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { release, type } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../../src/config/config.ts';
import { portableDigest } from '../../src/config/digest.ts';
import { readPlainFile } from '../../src/files.ts';
import { describeRevision, readTreeRevision } from '../../src/pkgsrc/revision.ts';

/** What a host of the mesh has otherwise than this one. */
export interface Difference {
  readonly what: 'os' | 'make' | 'kit' | 'config' | 'clock';
  readonly mine: string;
  readonly theirs: string;
  /** What to do about it, as a sentence. */
  readonly todo: string;
}

/** What builds stand on, by name: those that this host has. Values are short lines of ASCII. */
export type Grounds = Readonly<Record<string, string>>;

/** A kit is some 10 MB; what is larger is none, and takes too long to read. */
const hashedBytesMax = 256 * 2 ** 20;

const osReleaseFile = '/etc/os-release';

/**
 * What the builds of this host stand on, as far as that is quickly seen: `platform`, `os`, and of a host with a tree of its own
 * `tree`, `kit`, `make` (of the host, where no kit brings it) and `config`. A host that only joins others takes all that from
 * their builds.
 */
export const measureGrounds = async (config: Config, osFile: string = osReleaseFile): Promise<Grounds> => {
  const system = { platform: `${process.platform}-${process.arch}`, os: makeLine(nameSystem(osFile)) };
  const { pkgsrc, paths } = config;
  if (!existsSync(join(paths.pkgsrc, 'mk', 'bsd.pkg.mk'))) return system;
  const [revision, kit, make] = await Promise.all([
    readTreeRevision(paths.pkgsrc),
    pkgsrc.bootstrapKit === undefined ? undefined : hashFile(pkgsrc.bootstrapKit),
    findMake(config),
  ]);
  return {
    ...system,
    ...(revision.kind === 'none' ? {} : { tree: makeLine(describeRevision(revision)) }),
    ...(kit === undefined ? {} : { kit }),
    ...(make === undefined ? {} : { make: makeLine(make) }),
    config: portableDigest(config),
  };
};

/** `Linux 6.1 / Debian 12`: without the patch level of the kernel, which nothing is built for. */
const nameSystem = (osFile: string): string => {
  const kernel = `${type()} ${release().replace(/^(\d+\.\d+).*/, '$1')}`;
  const text = readPlainFile(osFile, 65_536)?.toString('utf8') ?? '';
  const read = (key: string): string => new RegExp(`^${key}=["']?([^"'\n]*)`, 'm').exec(text)?.[1] ?? '';
  const distribution = `${read('NAME').replace(/ GNU\/Linux$/, '')} ${read('VERSION_ID')}`.trim();
  return distribution === '' ? kernel : `${kernel} / ${distribution}`;
};

/** The digest comes first: the same program may have another path. */
const findMake = async ({ pkgsrc }: Config): Promise<string | undefined> => {
  const path = pkgsrc.make ?? (pkgsrc.bootstrapKit === undefined ? findBmake() : undefined);
  const digest = path === undefined ? undefined : await hashFile(path);
  return digest === undefined ? undefined : `${digest.slice(0, 16)} ${path}`;
};

const findBmake = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .map((dir) => join(dir, 'bmake'))
    .find((path) => path.startsWith('/') && existsSync(path));

const hashFile = async (file: string): Promise<string | undefined> => {
  try {
    const found = await stat(file);
    if (!found.isFile() || found.size > hashedBytesMax) return undefined;
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    return hash.digest('hex');
  } catch {
    // Whoever needs it says what is wrong with it.
    return undefined;
  }
};

const makeLine = (text: string): string => text.replace(/[^ -~]/g, '?').slice(0, 200);

/** Reports of one build come from clocks of several hosts. */
const clockOffMaxMs = 30_000;

const advice: Readonly<Record<Exclude<Difference['what'], 'clock'>, string>> = {
  os: 'Packages of one build come from both: give both the same release of the system.',
  make: 'Builds that use the make of the host take only hosts with the same one: give both one, or use a kit that brings it.',
  kit: 'A build uses the kit of the host where it was asked for: give both the same one, or none to the host that only helps.',
  config:
    'A build goes by the configuration of the host where it was asked for: make [pkgsrc] and system_dirs the same on both.',
};

/**
 * What two hosts have in different ways, of what both have. Nothing of it keeps a host out of the mesh; a build takes only
 * hosts that fit it. Hosts of different platforms never build the same, and share nothing but time. `clockAheadMs`: how far
 * their clock is ahead of the one here.
 */
export const compareGrounds = (
  mine: Grounds,
  theirs: Grounds,
  clockAheadMs: number,
): readonly Difference[] => {
  const isOther = mine.platform !== theirs.platform;
  const compared = isOther ? [] : (['os', 'make', 'kit', 'config'] as const);
  const differences = compared.flatMap((what): readonly Difference[] => {
    const [here, there] = [mine[what], theirs[what]];
    if (here === undefined || there === undefined || idOf(what, here) === idOf(what, there)) return [];
    return [{ what, mine: shorten(here), theirs: shorten(there), todo: advice[what] }];
  });
  if (Math.abs(clockAheadMs) <= clockOffMaxMs) return differences;
  const seconds = Math.round(Math.abs(clockAheadMs) / 1000);
  const off = `${seconds} s ${clockAheadMs > 0 ? 'ahead' : 'behind'}`;
  const todo = 'Times of a build that both have a part in do not fit together: set both clocks by NTP.';
  return [...differences, { what: 'clock', mine: 'the clock here', theirs: off, todo }];
};

const idOf = (what: Difference['what'], value: string): string | undefined =>
  what === 'make' ? value.split(' ')[0] : value;

const shorten = (value: string): string => (/^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value);
