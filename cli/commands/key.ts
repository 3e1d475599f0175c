import { resolve } from 'node:path';
import { Command } from 'commander';
import { type KeyView, retireFile, rotateFile, viewKey } from '../../agent/mesh/keys.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { makeCommand, openConfig } from '../options.ts';
import { writeLines } from '../output.ts';
import { escapeLine } from '../ui/escape.ts';

interface KeyFlags {
  readonly key?: string;
  readonly json?: boolean;
}

/** `bulkmesh key show|rotate|retire`: the key that hosts of a mesh share. */
export function makeKeyCommand(): Command {
  return new Command('key')
    .summary('show or change the key that lets hosts into the mesh')
    .description('Works on the file of the mesh key and needs no agent. The key itself is never shown.')
    .addCommand(makeShow())
    .addCommand(makeRotate())
    .addCommand(makeRetire());
}

function makeShow(): Command {
  return makeKeyWord('show', 'say which key this host has, by its id', 'bulkmesh key show')
    .description(
      'Prints the ids of the mesh and of its keys, which tell nothing of the secrets, and the file. Exit code 2 without a key.',
    )
    .action(async (flags: KeyFlags, command: Command) => {
      const file = await findFile(command, flags);
      const view = viewKey(file);
      if (view === undefined) throw lacksKey(file);
      tell(flags, view, describe(view));
    });
}

function makeRotate(): Command {
  return makeKeyWord('rotate', 'begin a change to a new key', 'bulkmesh key rotate')
    .description(
      'Puts a new key into the file and keeps the old one beside it: hosts that have the new file and hosts that do not yet ' +
        'go on together. Once is enough, on one host; the others get a copy. Running agents take up a new file by ' +
        'themselves.',
    )
    .action(async (flags: KeyFlags, command: Command) => {
      const view = await rotateFile(await findFile(command, flags));
      const file = escapeLine(view.file);
      tell(flags, view, [
        `The mesh key has been changed from ${view.previous} to ${view.current}.`,
        '',
        'Next:',
        `  1. copy ${file} to every other host of the mesh, in place of theirs, with mode 600:`,
        '     running agents take it up within seconds, builds go on',
        `  2. bulkmesh key show       on each of them says ${view.current} then`,
        '  3. bulkmesh key retire     on every host, when all have it: from then on the old key opens nothing',
      ]);
    });
}

function makeRetire(): Command {
  return makeKeyWord('retire', 'end a change of keys: the old one is no longer good', 'bulkmesh key retire')
    .description(
      'Takes the old key out of the file. Hosts that have the old one alone are no members any more; a file that holds ' +
        'both is changed on each host, or copied from here.',
    )
    .action(async (flags: KeyFlags, command: Command) => {
      const file = await findFile(command, flags);
      const before = viewKey(file);
      const isRotating = before?.previous !== undefined;
      const view = before !== undefined && !isRotating ? before : await retireFile(file);
      tell(
        flags,
        view,
        isRotating
          ? [`The key ${before.previous} is gone from ${escapeLine(file)}; ${view.current} holds alone.`]
          : [`No change of keys is going on: ${view.current} holds alone, nothing has been changed.`],
      );
    });
}

function makeKeyWord(name: string, summary: string, example: string): Command {
  return makeCommand(name, summary, example)
    .option('--key <file>', 'the file with the mesh key (default: that of the configuration)')
    .option('--json', 'as one JSON object');
}

async function findFile(command: Command, { key }: KeyFlags): Promise<string> {
  if (key !== undefined) return resolve(key);
  const { mesh } = await openConfig(command, ['paths.pkgsrc', 'pkgsrc.bootstrap_kit']);
  return mesh.keyFile;
}

function tell({ json }: KeyFlags, view: KeyView, lines: readonly string[]): void {
  writeLines(json === true ? [JSON.stringify({ ...view, previous: view.previous ?? null }, null, 2)] : lines);
}

function describe({ file, mesh, current, previous }: KeyView): string[] {
  return [
    `mesh      ${mesh}`,
    `key       ${current}`,
    ...(previous === undefined ? [] : [`previous  ${previous}, until "bulkmesh key retire"`]),
    `file      ${escapeLine(file)}`,
  ];
}

function lacksKey(file: string): BulkmeshError {
  return new BulkmeshError('MESH_KEY_NONE', `${file}: there is no mesh key`, {
    hint: 'Copy it from another host of the mesh, or make one with `bulkmesh init`. Without one this host builds alone.',
  });
}
