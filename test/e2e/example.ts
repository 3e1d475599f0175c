import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';

const tree = join(import.meta.dirname, '../../examples/tree');

/** A place of its own with the example tree, its bootstrap kit and a config; builds as `nobody` where run by root. */
export interface ExampleGround {
  readonly dir: string;
  readonly configFile: string;
  readonly config: Config;
  remove(): Promise<void>;
}

export interface ExampleOptions {
  readonly slots: number;
  /** Lines for mk.conf of the kit: the tree's switches. */
  readonly mkConf?: string;
  readonly driver?: 'linux' | 'none';
  readonly storage?: 'disk' | 'tmpfs';
  /** Where packages install; /usr/pkg unless nothing is isolated. */
  readonly prefix?: string;
  /** Lines of the configuration: for its section `build`, and sections of their own. */
  readonly build?: string;
  readonly sections?: string;
}

export const layExample = async (options: ExampleOptions): Promise<ExampleGround> => {
  const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-example-'));
  const driver = options.driver ?? 'linux';
  const prefix = options.prefix ?? (driver === 'none' ? join(dir, 'pkg') : '/usr/pkg');
  const kit = join(dir, 'bootstrap.tar.gz');
  const fragment = join(dir, 'fragment.mk');
  await cp(tree, join(dir, 'pkgsrc'), { recursive: true });
  await mkdir(join(dir, 'packages'));
  await writeFile(fragment, options.mkConf ?? '');
  await promisify(execFile)('sh', [
    join(tree, 'bootstrap/bootstrap.sh'),
    ...['--prefix', prefix, '--gzip-binary-kit', kit, '--mk-fragment', fragment],
  ]);
  const configFile = join(dir, 'bulkmesh.toml');
  await writeFile(
    configFile,
    `[paths]
pkgsrc = "pkgsrc"
packages = "packages"
distfiles = "distfiles"
bulklog = "bulklog"
state = "state"
[pkgsrc]
bootstrap_kit = "bootstrap.tar.gz"
prefix = ${JSON.stringify(prefix)}
build_user = "nobody"
[build]
slots = ${options.slots}
${options.build ?? 'fetch_tries = 1'}
[sandbox]
driver = "${driver}"
storage = "${options.storage ?? 'disk'}"
${options.sections ?? ''}
`,
  );
  return {
    dir,
    configFile,
    config: await loadConfig(configFile),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
};
