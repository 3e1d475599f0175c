import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../src/core/facts/fact.ts';
import { passToken } from '../../../src/core/ids.ts';
import { eventually, never, useHosts } from '../../artefacts/hosts.ts';
import { makeFact, makeMesh, plan, type TestHost } from './hosts.ts';

const hosts = useHosts();

const putLog = (host: TestHost, pkgname: string, stage: string, text: string): void => {
  const dir = join(host.ports.logDir, pkgname);
  mkdirSync(dir, { recursive: true });
  appendFileSync(join(dir, `${stage}.log`), text);
};
const readLog = (host: TestHost, path: string): string => readFileSync(join(host.ports.logDir, path), 'utf8');
const failed = (host: TestHost, name: string): Fact => ({
  ...makeFact(plan, host.id, name, '', 0),
  outcome: { kind: 'failed', class: 'package', stage: 'build', reason: 'make all: exit code 1' },
});

describe('the logs of a package on another host', () => {
  it('are read whole, or as they grow until the run ends; and nothing but logs', async () => {
    const mesh = makeMesh(hosts);
    const [builder, reader] = [await mesh.addHost('builder'), await mesh.addHost('reader')];
    const { node } = reader.ports;
    const read = async (path: string, onPiece: (text: string) => void = () => undefined): Promise<string> => {
      let text = '';
      for await (const piece of await node.stream(builder.id, `/log/${plan}/${path}`, never)) {
        text += String(piece);
        onPiece(text);
      }
      return text;
    };
    putLog(builder, 'tool-1.0', 'setup', 'slot build-1\n');
    putLog(builder, 'tool-1.0', 'build', 'cc\n');
    putLog(builder, 'tool-1.0', 'configure', 'checking\n');
    expect(await read('tool-1.0/build')).toBe('cc\n');
    expect(await read('tool-1.0/all')).toBe(
      '==> setup <==\nslot build-1\n\n==> configure <==\nchecking\n\n==> build <==\ncc\n',
    );
    builder.running.add('tool-1.0');
    const followed = await read('tool-1.0/build?follow=1', (text) => {
      if (text === 'cc\n') putLog(builder, 'tool-1.0', 'build', 'ld\n');
      if (text === 'cc\nld\n') builder.running.clear();
    });
    expect(followed).toBe('cc\nld\n');

    writeFileSync(join(builder.dir, 'secret.log'), 'secret');
    symlinkSync(join(builder.dir, 'secret.log'), join(builder.ports.logDir, 'tool-1.0', 'link.log'));
    for (const path of [
      'tool-1.0/link',
      'tool-1.0/..%2f..%2fsecret',
      '..%2f/secret',
      'none-1.0/all',
      'tool-1.0/x',
    ]) {
      await expect(read(path)).rejects.toThrow(/40[04]/);
    }
  });

  it('come to the host where the build was asked for when it failed, and go when it was built after all', async () => {
    const mesh = makeMesh(hosts);
    const [builder, home] = [await mesh.addHost('builder'), await mesh.addHost('home')];
    putLog(builder, 'early-1.0', 'build', 'error: early\n');
    mesh.ends.set('early-1.0', failed(builder, 'early-1.0'));
    home.files.setCollecting(plan, true);
    for (const stage of ['configure', 'build']) putLog(builder, 'tool-1.0', stage, `${stage}: no\n`);
    putLog(home, 'tool-1.0', 'old', 'of an earlier build\n');
    home.files.hearFacts([failed(builder, 'tool-1.0')]);
    await home.files.collected(plan);
    expect(readLog(home, 'early-1.0/build.log')).toBe('error: early\n');
    expect(readdirSync(join(home.ports.logDir, 'tool-1.0')).sort()).toEqual(['build.log', 'configure.log']);

    const built = makeFact(plan, builder.id, 'tool-1.0', `sha256:${'0'.repeat(64)}`, 1);
    home.files.hearFacts([{ ...built, token: passToken(built.token) }]);
    await eventually(() => existsSync(join(home.ports.logDir, 'tool-1.0'))).toBe(false);
  });
});
