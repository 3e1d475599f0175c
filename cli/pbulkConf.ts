import { statSync } from 'node:fs';
import type { Config } from '../src/config/config.ts';
import type { MayLack } from '../src/config/load.ts';
import { makeConfig, type NamedValues } from '../src/config/values.ts';
import { BulkmeshError } from '../src/errors.ts';
import { type Look, type MappedConf, mapPbulkConf, type Remark } from '../src/pkgsrc/pbulkconf/mapping.ts';
import { readPbulkConf } from '../src/pkgsrc/pbulkconf/read.ts';

/** A pbulk.conf that was run and put into the words of bulkmesh.toml. */
export interface ImportedConf extends MappedConf {
  /** Absolute. */
  readonly file: string;
  /** What it printed while it ran. */
  readonly printed: readonly string[];
}

/** Runs a pbulk.conf and maps what it set. Throws what `readPbulkConf` throws. */
export async function importPbulkConf(name: string, isTrusted: boolean): Promise<ImportedConf> {
  const conf = await readPbulkConf(name, { isTrusted });
  return { ...mapPbulkConf(conf, conf.file, lookAt), file: conf.file, printed: conf.printed };
}

/**
 * The checked configuration that a pbulk.conf makes, with values of the command line in place of some. Throws
 * `BulkmeshError`: what `readPbulkConf` throws, CONFIG_INVALID, and PBULK_CONF_UNSUPPORTED for one that asks for what bulkmesh
 * cannot do.
 */
export async function loadPbulkConf(
  name: string,
  mayLack: MayLack,
  overrides: NamedValues | undefined,
): Promise<Config> {
  const conf = await importPbulkConf(name, false);
  if (conf.refusals.length === 0) {
    const values = { ...conf.values, ...overrides?.values };
    return makeConfig({ ...conf, values, origins: { ...conf.origins, ...overrides?.origins } }, mayLack);
  }
  const said = conf.refusals.map((remark) => `${conf.file}: ${describeRemark(remark)}`);
  throw new BulkmeshError('PBULK_CONF_UNSUPPORTED', said.join('\n'), {
    hint: 'Change that in the file, or make a configuration of it with `bulkmesh import` and change it there.',
  });
}

/** `master_port_scan, master_port_build: no port is opened for it`. */
export function describeRemark({ names, text }: Remark): string {
  return `${names.join(', ')}: ${text}`;
}

const lookAt: Look = (path) => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return 'file';
  return found?.isDirectory() ? 'directory' : 'nothing';
};
