#!/usr/bin/env node
// Plain JavaScript that every Node since 14 can read: it decides whether this Node may run the rest.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const needed = 24;
const major = Number(process.versions.node.split('.')[0]);

if (major >= needed) {
  const { runCli } = await import('./main.ts');
  process.exitCode = await runCli(process.argv.slice(2));
} else {
  startWithProjectNode();
}

/** `npm ci` brings a Node of its own: the same command line again, run by that one. */
function startWithProjectNode() {
  const here = fileURLToPath(import.meta.url);
  const node = join(dirname(here), '..', 'node_modules', '.bin', 'node');
  if (
    !existsSync(node) ||
    realpathSync(node) === realpathSync(process.execPath) ||
    process.env.BULKMESH_NODE
  ) {
    process.stderr.write(
      `bulkmesh: needs Node ${needed} or newer, and this is Node ${process.versions.node}: ` +
        'run "npm ci" in the project directory, or install a newer Node.\n',
    );
    process.exit(2);
  }
  const child = spawn(node, [here, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, BULKMESH_NODE: node },
  });
  // A terminal sends its Ctrl-C to the child as well: passed on, it would count twice.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 15)));
}
