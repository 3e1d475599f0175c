import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MiniTree, textsOf } from './minimake.ts';

let tree: MiniTree;
beforeEach(async () => {
  tree = new MiniTree();
  tree.write('Makefile', 'devel lang\n');
  tree.write('devel/Makefile', 'a b\n');
  tree.write('lang/Makefile', 'c\n');
  tree.write('mk/all.mk', 'all\n');
  tree.write('devel/b/buildlink3.mk', 'needs b>=1:../../devel/b\n');
  tree.write(
    'devel/a/Makefile',
    'include ../../mk/all.mk\ninclude ../../devel/b/buildlink3.mk\nsinclude hacks.mk\n',
  );
  tree.write('devel/b/Makefile', 'include ../../mk/all.mk\n');
  tree.write('lang/c/Makefile', 'sinclude options.mk\n');
  await settle();
});
afterEach(() => tree.remove());

/** Until the files are older than the coarsest tick of a clock that stamps them. */
const settle = (): Promise<void> => delay(40);

const scanned = async (): Promise<readonly string[]> => {
  await tree.scan();
  return [...tree.made].sort();
};

describe('what earlier scans gave', () => {
  it('is taken as it is while nothing changes, by a later life too, and is what a new scan would give', async () => {
    const first = await tree.scan();
    expect(tree.made.length).toBe(3);
    const again = await tree.scan();
    expect(tree.made).toEqual([]);
    expect(again.makes).toBe(0);
    expect(textsOf(again)).toEqual(textsOf(first));
    expect(textsOf(again)).toEqual(textsOf(await tree.scan({ kept: false })));
  });

  it('is not asked again for a file whose time alone changed', async () => {
    await tree.scan();
    utimesSync(join(tree.dir, 'mk/all.mk'), new Date(), new Date());
    expect(await scanned()).toEqual([]);
  });

  it('is asked again where a file that was read has other bytes, though size and times are put back', async () => {
    await tree.scan();
    const path = join(tree.dir, 'devel/b/buildlink3.mk');
    const { atime, mtime } = statSync(path);
    writeFileSync(path, readFileSync(path, 'utf8').replace('b>=1', 'b>=2'));
    utimesSync(path, atime, mtime);
    await settle();
    expect(await scanned()).toEqual(['devel/a']);
    expect(await scanned()).toEqual([]);
  });

  it('is asked again for a new file that a conditional include finds', async () => {
    await tree.scan();
    tree.write('devel/a/hacks.mk', 'hacked\n');
    const result = await tree.scan();
    expect(tree.made).toContain('devel/a');
    expect(textsOf(result)[0]).toContain('CATEGORIES=all hacked');
  });

  it('is asked again for another mk.conf in the kit, and for another make or system', async () => {
    tree.inside.set('/kit/etc/mk.conf', 'first');
    await tree.scan();
    expect(await scanned()).toEqual([]);
    tree.inside.set('/kit/etc/mk.conf', 'second');
    expect(await scanned()).toEqual(['devel/a', 'devel/b', 'lang/c']);
    tree.identity = 'two';
    expect(await scanned()).toEqual(['devel/a', 'devel/b', 'lang/c']);
    expect(await scanned()).toEqual([]);
    tree.identity = 'one';
    expect(await scanned()).toEqual([]);
  });

  it('is gone with a package that the tree has no more, and with one whose lists name others', async () => {
    await tree.scan();
    rmSync(join(tree.dir, 'lang/c'), { recursive: true });
    const gone = await tree.scan();
    expect(gone.records.map(({ pkgname }) => pkgname)).toEqual(['a-1.0', 'b-1.0']);
    expect(gone.failures).toEqual([expect.objectContaining({ pkgpath: 'lang/c' })]);
    tree.write('lang/Makefile', '\n');
    tree.write('devel/Makefile', 'a b d\n');
    tree.write('devel/d/Makefile', 'include ../../mk/all.mk\n');
    const other = await tree.scan();
    expect(other.records.map(({ pkgname }) => pkgname)).toEqual(['a-1.0', 'b-1.0', 'd-1.0']);
    expect(other.failures).toEqual([]);
  });

  it('is not kept for a path that failed: the next scan tries again', async () => {
    tree.write('lang/c/Makefile', 'include nothing.mk\n');
    await settle();
    expect((await tree.scan()).failures.length).toBe(1);
    expect(await scanned()).toEqual(['lang/c']);
  });

  it('is of no use when a file changed after make had read it: that path is asked again at once', async () => {
    let isFirst = true;
    tree.onMake = (place) => {
      if (place !== 'devel/b' || !isFirst) return;
      isFirst = false;
      tree.write('mk/all.mk', 'changed\n');
    };
    const result = await tree.scan();
    expect(tree.made.filter((place) => place === 'devel/b').length).toBeGreaterThan(1);
    expect(
      textsOf(result)
        .slice(0, 2)
        .every((text) => text.includes('CATEGORIES=changed')),
    ).toBe(true);
  });

  it('does not hang on programs of the package that read other files of it, nor on those that ask for the time', async () => {
    tree.write('devel/a/Makefile', 'VERSION!= cat files/version\n');
    tree.write('devel/a/files/version', '1\n');
    tree.write('lang/c/Makefile', 'VERSION!= date +%Y\n');
    await settle();
    await tree.scan();
    expect(await scanned()).toEqual(['lang/c']);
    tree.write('devel/a/files/version', '2\n');
    await settle();
    expect(await scanned()).toEqual(['devel/a', 'lang/c']);
  });

  it('serves a limited list as well, and loses nothing of it', async () => {
    const options = { pkgpaths: ['devel/a'] };
    const first = await tree.scan(options);
    expect([...tree.made].sort()).toEqual(['devel/a', 'devel/b']);
    const again = await tree.scan(options);
    expect(tree.made).toEqual([]);
    expect(textsOf(again)).toEqual(textsOf(first));
    expect(await scanned()).toEqual(['lang/c']);
  });
});

const FILES = [
  'mk/all.mk',
  'devel/a/hacks.mk',
  'devel/b/buildlink3.mk',
  'lang/c/options.mk',
  'lang/c/Makefile',
];
const edit = fc.record({
  file: fc.constantFrom(...FILES),
  text: fc.constantFrom('x\n', 'y\n', 'needs b>=3:../../devel/b\n', undefined),
});

describe('a scan after any edits', () => {
  it('gives what a scan without memory gives', async () => {
    tree.write('lang/Makefile', 'c always\n');
    tree.write('lang/always/Makefile', '');
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        for (const { file, text } of edits) {
          if (text === undefined) rmSync(join(tree.dir, file), { force: true });
          else tree.write(file, text);
        }
        const kept = await tree.scan();
        const fresh = await tree.scan({ kept: false });
        expect(textsOf(kept)).toEqual(textsOf(fresh));
        expect(kept.failures).toEqual(fresh.failures);
      }),
      { numRuns: 25 },
    );
  });
});
