import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPbulkConf } from '../../../src/pkgsrc/pbulkconf/read.ts';
import { confinedTitle, noConfinement, readText } from './support.ts';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

describe.skipIf(noConfinement !== undefined)(confinedTitle('reading a pbulk.conf'), () => {
  it('gives every value as the shell has it: newlines, quotes, bytes of any kind', async () => {
    const value = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(value, value, async (one, two) => {
        const { variables } = await readText(`bulklog=${quote(one)}\nours=${quote(two)}\n`);
        expect([variables.get('bulklog'), variables.get('ours')]).toEqual([one, two]);
      }),
      { numRuns: 12 },
    );
  });

  it('never runs a value, and takes none for the end of another', async () => {
    const evil = `$(touch /tmp/x)'; echo "\`id\`" end\nv\nmake\n/x`;
    const { variables } = await readText(`bulklog=${quote(evil)}\n`);
    expect(variables).toEqual(new Map([['bulklog', evil]]));
  });

  it('keeps its own when the file changes what shells change', async () => {
    const text =
      'IFS=abcdefgl\nset -- x y\nset -fu\nbulklog=/a\nprintf() { echo forged; }\nulimit -t 60\nreturn 0\nbulklog=/b\n';
    const { variables, ulimits } = await readText(text);
    expect(variables.get('bulklog')).toBe('/a');
    expect(ulimits).toEqual(new Map([['t', '60']]));
  });

  it('notes limits without being limited, and answers what the file asks of them', async () => {
    const { variables, ulimits } = await readText(
      'ulimit -n 3\nulimit -v 1\nulimit -S -f 8\nulimit 9\nulimit -t hard\nbulklog=$(ulimit -n)\nmake=$(date)\n',
    );
    expect(ulimits).toEqual(new Map(Object.entries({ n: '3', v: '1', f: '9', t: 'hard' })));
    expect(Number(variables.get('bulklog'))).toBeGreaterThan(3);
  });

  it('finds files beside it, and runs no part of it when one is not there', async () => {
    await expect(readText('. $DIR/nothing\nbulklog=/x\n')).rejects.toMatchObject({
      code: 'PBULK_CONF_INVALID',
      message: expect.stringMatching(/cannot open .*nothing|nothing: /),
    });
  });

  it('tells file and line of a syntax error', async () => {
    await expect(readText('a=1\nb=2\nif true; do\n')).rejects.toMatchObject({
      code: 'PBULK_CONF_INVALID',
      message: expect.stringMatching(/^\/.*\/pbulk\.conf:3: .*[Ss]yntax error/),
    });
  });

  it('lets it write nowhere, and says what it tried', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-pbulk-'));
    await chmod(dir, 0o777);
    for (const place of [dir, '/tmp', '/var/tmp', '/dev/shm']) {
      const written = join(place, 'bulkmesh-was-here');
      await expect(readText(`bulklog=/x\necho >${written}\n`), place).rejects.toMatchObject({
        message: expect.stringMatching(/pbulk\.conf:2: .*Read-only file system|Permission denied/),
        hint: expect.stringContaining('--trust'),
      });
      expect(existsSync(written)).toBe(false);
    }
    await rm(dir, { recursive: true });
  });

  it('lets it reach no server, not even on this host', async () => {
    const heard: unknown[] = [];
    const server = createServer((socket) => heard.push(socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const node = `${quote(process.execPath)} -e 'require("net").connect(${port}, "127.0.0.1")'`;
    await expect(readText(`bulklog=$(${node})\n`)).rejects.toMatchObject({ code: 'PBULK_CONF_INVALID' });
    server.close();
    expect(heard).toEqual([]);
  });

  it('gives it an empty environment and no input, and other rights than root’s', async () => {
    process.env.BULKMESH_SECRET = 'secret';
    const { variables } = await readText(
      'bulklog=$(env)\nmake=$(cat)\nprefix=$(cat /etc/shadow || echo denied)\n',
    );
    delete process.env.BULKMESH_SECRET;
    expect(variables.get('bulklog')).not.toContain('secret');
    expect([variables.get('make'), variables.get('prefix')]).toEqual(['', 'denied']);
  });

  it('reads a file that only its owner may read, in a directory that only its owner may enter', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-pbulk-'));
    await mkdir(join(dir, 'private'), { mode: 0o700 });
    await writeFile(join(dir, 'private/pbulk.conf'), 'bulklog=/x\n', { mode: 0o600 });
    const { variables } = await readPbulkConf(join(dir, 'private/pbulk.conf'), { isTrusted: false });
    expect(variables.get('bulklog')).toBe('/x');
    await rm(dir, { recursive: true });
  });

  it('leaves nothing of what it started', async () => {
    await readText('sleep 98765 & bulklog=/x\n');
    await readText('setsid sleep 98765 >/dev/null 2>&1 & bulklog=/x\n');
    const { variables } = await readText('bulklog=$(ps ax)\n', true);
    expect(variables.get('bulklog')).not.toContain('sleep 98765');
  });

  it.each([
    ['the end of its shell', 'bulklog=/x\nexit 0\n', /ends before its last line \(exit code 0\)/],
    ['a command that fails', 'false\nbulklog=/x\n', /ends before its last line \(exit code 1\)/],
    ['40 MB of output', 'head -c 40000000 /dev/zero\n', /prints or sets more than/],
    ['40 MB of a value', "make=$(head -c 40000000 /dev/zero | tr '\\0' x)\n", /prints or sets more than/],
  ])('says so of %s', async (_, text, message) => {
    await expect(readText(text)).rejects.toMatchObject({
      code: 'PBULK_CONF_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['a NUL', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), /is no text: there is a NUL/],
    ['a megabyte', Buffer.alloc(1_100_000, 'a=1\n'), /has 1100000 bytes/],
  ])('runs nothing of a file with %s', async (_, bytes, message) => {
    await expect(readText(bytes)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it('answers any text with values or with one clear error', async () => {
    const line = fc.constantFrom(
      'a=1',
      'if',
      'then',
      'fi',
      '(',
      ')',
      'x="',
      "'",
      '`',
      '<<E',
      'E',
      '${a',
      'esac',
      '\\',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(line, fc.string({ maxLength: 8 }))), async (lines) => {
        const error = await readText(lines.join('\n')).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error !== undefined)
          expect(error).toMatchObject({ name: 'BulkmeshError', code: 'PBULK_CONF_INVALID' });
      }),
      { numRuns: 15 },
    );
  });
});

describe('a pbulk.conf that is not there', () => {
  it('is told as such, and so is a directory', async () => {
    await expect(readPbulkConf('/no/such', { isTrusted: false })).rejects.toMatchObject({
      code: 'PBULK_CONF_NOT_READABLE',
    });
    await expect(readPbulkConf('/etc', { isTrusted: false })).rejects.toMatchObject({
      code: 'PBULK_CONF_INVALID',
      message: '/etc is not a file',
    });
  });
});

describe('a pbulk.conf that is trusted', () => {
  it('runs as it is, where it is', async () => {
    const { variables } = await readText('echo a=2 >$DIR/more\n. $DIR/more\nbulklog=/x$a\n', true);
    expect(variables.get('bulklog')).toBe('/x2');
  });
});
