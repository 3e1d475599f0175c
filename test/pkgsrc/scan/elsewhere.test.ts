import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PkgPath } from '../../../src/pkgsrc/package.ts';
import type { Elsewhere, FarAnswers } from '../../../src/pkgsrc/scan/elsewhere.ts';
import { MiniTree, textsOf } from './minimake.ts';

let tree: MiniTree;
beforeEach(async () => {
  tree = new MiniTree();
  tree.write('Makefile', 'devel lang\n');
  tree.write('devel/Makefile', 'a b bad\n');
  tree.write('lang/Makefile', 'c\n');
  tree.write('mk/all.mk', 'all\n');
  tree.write('devel/b/buildlink3.mk', 'needs b>=1:../../devel/b\n');
  tree.write('devel/a/Makefile', 'include ../../mk/all.mk\ninclude ../../devel/b/buildlink3.mk\n');
  tree.write('devel/b/Makefile', 'include ../../mk/all.mk\nneeds c>=1:../../lang/c\n');
  tree.write('devel/bad/Makefile', 'include nothing.mk\n');
  tree.write('lang/c/Makefile', 'none\n');
  tree.inside.set('/kit/etc/mk.conf', 'first');
  // Until the files are older than the coarsest tick of a clock that stamps them.
  await delay(40);
});
afterEach(() => tree.remove());

/** Hosts that have the tree as it is when the scan begins; `asked` is what they were asked for. */
const makeOthers = (
  answer: (paths: readonly PkgPath[], sinceMs: number) => Promise<Partial<FarAnswers>>,
): Elsewhere & { readonly asked: string[][] } => {
  const sinceMs = Date.now();
  const asked: string[][] = [];
  return {
    asked,
    isWorth: () => true,
    index: async (paths, _, take) => {
      asked.push([...paths].sort());
      await take({ indexes: [], sinceMs, inside: new Map(), ...(await answer(paths, sinceMs)) });
    },
  };
};

const alike = new Map([
  ['/kit/etc/mk.conf', 'first'],
  ['/kit/etc/', 'names'],
]);

describe('a scan that other hosts help with', () => {
  it('gives what a scan of this host alone gives, and the next one has it', async () => {
    const alone = await tree.scan({ kept: false });
    const others = makeOthers(async (paths) => ({ indexes: await tree.index(paths), inside: alike }));
    const together = await tree.scan({ elsewhere: others });
    expect(tree.made).toEqual([]);
    expect(others.asked).toEqual([['devel/a', 'devel/b', 'devel/bad', 'lang/c']]);
    expect(textsOf(together)).toEqual(textsOf(alone));
    expect(together.failures).toEqual(alone.failures);
    const next = await tree.scan({ elsewhere: makeOthers(async () => ({})) });
    expect(tree.made).toEqual(['devel/bad']);
    expect(textsOf(next)).toEqual(textsOf(alone));
  });

  it('asks them for what a limited list turns out to need, and not for what is known', async () => {
    const options = { pkgpaths: ['devel/a'] };
    const alone = await tree.scan({ ...options, kept: false });
    await tree.scan({ pkgpaths: ['lang/c'] });
    const others = makeOthers(async (paths) => ({ indexes: await tree.index(paths), inside: alike }));
    const together = await tree.scan({ ...options, elsewhere: others });
    expect(others.asked).toEqual([['devel/a'], ['devel/b']]);
    expect(textsOf(together)).toEqual(textsOf(alone));
  });

  it('scans here what they do not answer for, and what nobody can make sense of', async () => {
    const alone = await tree.scan({ kept: false });
    const others = makeOthers(async (paths) => {
      const [first, ...rest] = await tree.index(paths.filter((path) => path !== 'lang/c'));
      if (first?.kind !== 'indexed') throw new Error('the first one fails');
      return { indexes: [{ ...first, text: Buffer.from('PKGNAME=odd\n') }, ...rest], inside: alike };
    });
    const together = await tree.scan({ elsewhere: others });
    expect([...tree.made].sort()).toEqual(['devel/a', 'lang/c']);
    expect(textsOf(together)).toEqual(textsOf(alone));
  });

  it('keeps nothing of a host whose system is another, and scans again where files were others', async () => {
    const far = (inside: FarAnswers['inside']): Elsewhere =>
      makeOthers(async (paths) => ({ indexes: await tree.index(paths), inside }));
    await tree.scan({ elsewhere: far(undefined) });
    expect(tree.made).toEqual([]);
    const others = new Map([...alike, ['/kit/etc/mk.conf', 'second']]);
    await tree.scan({ elsewhere: far(others) });
    expect([...tree.made].sort()).toEqual(['devel/a', 'devel/b', 'devel/bad', 'lang/c']);
    await tree.scan();
    expect(tree.made).toEqual(['devel/bad']);
  });

  it('scans again here what changed since the others were given the tree', async () => {
    const others = makeOthers(async (paths) => {
      const indexes = await tree.index(paths);
      tree.write('lang/c/Makefile', 'other\n');
      return { indexes, inside: alike };
    });
    const together = await tree.scan({ elsewhere: others });
    expect(others.asked).toHaveLength(1);
    expect(tree.made).toContain('lang/c');
    expect(tree.made).not.toContain('devel/a');
    expect(textsOf(together).at(-1)).toContain('CATEGORIES=other');
  });
});
