import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { readVersion } from '../agent/version.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What stands before the program: plain JavaScript that an old Node can read. The program below it is
 * CommonJS, so its `require('node:sqlite')` and the like are reached only when this has let it pass; as
 * `import` statements they would be linked first, and an old Node would answer with a stack instead of a
 * sentence.
 */
const banner = `#!/usr/bin/env node
import { createRequire as bulkmeshCreateRequire } from 'node:module';
import { fileURLToPath as bulkmeshToPath } from 'node:url';
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write('bulkmesh: needs Node 24 or newer, and this is Node ' + process.versions.node +
    ': install a newer Node, or run it as: /path/to/node ' + bulkmeshToPath(import.meta.url) + '\\n');
  process.exit(2);
}
const bulkmeshUrl = import.meta.url;
const require = bulkmeshCreateRequire(bulkmeshUrl);
const __filename = bulkmeshToPath(bulkmeshUrl);
const __dirname = __filename.slice(0, __filename.lastIndexOf('/')) || '/';
const module = { exports: {} };
`;

/**
 * The last lines of the program: run the command line, as bulkmesh.mjs does from the sources. A thread begins with this same
 * file, and does only what it is there for: which of these that is, its data say.
 */
const entry = `import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  import('./main.ts')
    .then(({ runCli }) => runCli(process.argv.slice(2)))
    .then((code) => { process.exitCode = code; });
} else {
  import('../agent/build/resolverThread.ts');
  import('../src/artefacts/thread/main.ts');
}
`;

/** Writes the whole program as one executable file, which needs nothing but Node beside it. */
export async function bundleProgram(outfile: string): Promise<void> {
  await build({
    stdin: { contents: entry, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    banner: { js: banner },
    define: { 'import.meta.url': 'bulkmeshUrl', BULKMESH_VERSION: JSON.stringify(readVersion()) },
    legalComments: 'none',
    // A quarter less to read at each start. Names stay, for stacks.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
}

if (import.meta.main) {
  const [outfile = `${root}dist/bulkmesh.mjs`] = process.argv.slice(2);
  await bundleProgram(outfile);
  process.stdout.write(`${outfile}\n`);
}
