import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeError } from './commands.ts';

const example = join(import.meta.dirname, '../../../examples/tree');

/** A package of a tree that is made up. */
export interface QuickPackage {
  /** By their place in the list. */
  readonly needs: readonly number[];
  /** How long it takes to build. */
  readonly seconds: number;
  /** How much that does not compress it installs besides. */
  readonly mib: number;
}

/** Layers as wide as told: each package needs two of the layer before. */
export const drawLayers = (
  layers: number,
  width: number,
  seconds: number,
  mib = 0,
): readonly QuickPackage[] =>
  Array.from({ length: layers * width }, (_, index) => {
    const above = Math.floor(index / width - 1) * width;
    const needs = above < 0 ? [] : [above + (index % width), above + ((index + 1) % width)];
    return { needs: [...new Set(needs)], seconds, mib };
  });

const baseOf = (index: number): string => `quick${String(index + 1).padStart(3, '0')}`;
const nameOf = (index: number): string => `${baseOf(index)}-1.0`;

/**
 * Lays a tree of packages that compile nothing. Each installs one file, a digest of its name and of what its dependencies have
 * installed: a package that was made from others than its own, or that bears the name of another, shows in all above it.
 */
export const layQuickTree = async (dir: string, packages: readonly QuickPackage[]): Promise<void> => {
  await mkdir(join(dir, 'quick'), { recursive: true });
  for (const part of ['mk', 'bootstrap', 'pkgtools'])
    await cp(join(example, part), join(dir, part), { recursive: true });
  await writeFile(join(dir, 'Makefile'), 'SUBDIR=\tquick\n\n.include "mk/bsd.subdir.mk"\n');
  const names = packages.map((_, index) => baseOf(index));
  const list = `SUBDIR=\t${names.join(' ')}\n\n.include "../mk/bsd.subdir.mk"\n`;
  await writeFile(join(dir, 'quick/Makefile'), list);
  for (const [index, one] of packages.entries()) {
    const place = join(dir, 'quick', baseOf(index));
    await mkdir(place);
    await writeFile(join(place, 'Makefile'), describePackage(index, one));
    await writeFile(join(place, 'DESCR'), 'A package that takes its time and does nothing.\n');
    await writeFile(join(place, 'PLIST'), `share/quick/${baseOf(index)}\nshare/quick/${baseOf(index)}.pad\n`);
  }
};

const describePackage = (index: number, { needs, seconds, mib }: QuickPackage): string => {
  const depends = needs.map((need) => `DEPENDS+=\t${baseOf(need)}>=1.0:../../quick/${baseOf(need)}\n`);
  const files = needs.map((need) => ` \${PREFIX}/share/quick/${baseOf(need)}`);
  return `PKGNAME=\t${nameOf(index)}
CATEGORIES=\tquick
COMMENT=\tPackage ${index + 1} of a tree that is made up

${depends.join('')}
do-build:
\tsleep ${seconds}
\t{ echo \${PKGNAME}; cat${files.join('')} </dev/null; } | \${SHA256SUM} | cut -c 1-64 >\${WRKSRC}/made
\thead -c ${mib}M /dev/urandom >\${WRKSRC}/pad

do-install:
\t@mkdir -p \${DESTPREFIX}/share/quick
\tcp \${WRKSRC}/made \${DESTPREFIX}/share/quick/${baseOf(index)}
\tcp \${WRKSRC}/pad \${DESTPREFIX}/share/quick/${baseOf(index)}.pad

.include "../../mk/bsd.pkg.mk"
`;
};

/** What each package installs, by its name. */
const listContents = (packages: readonly QuickPackage[]): ReadonlyMap<string, string> => {
  const contents: string[] = [];
  for (const [index, { needs }] of packages.entries()) {
    const parts = [nameOf(index), ...needs.map((need) => contents[need] ?? '')];
    contents.push(
      createHash('sha256')
        .update(parts.map((part) => `${part}\n`).join(''))
        .digest('hex'),
    );
  }
  return new Map(contents.map((content, index) => [nameOf(index), content]));
};

/**
 * What is wrong with the packages in that directory, one line each: lost, more than there should be, under the name of another,
 * made from something else than their dependencies. Empty: nothing.
 */
export const findWrongPackages = async (
  dir: string,
  packages: readonly QuickPackage[],
): Promise<readonly string[]> => {
  const expected = listContents(packages);
  const files = (await readdir(dir)).filter((name) => !/^(pkg_summary|SHA512)/.test(name));
  const odd = files.filter((name) => !expected.has(name.replace(/\.tgz$/, '')));
  const lost = [...expected.keys()].filter((name) => !files.includes(`${name}.tgz`));
  const wrong = await Promise.all(
    [...expected]
      .filter(([name]) => files.includes(`${name}.tgz`))
      .map(async ([name, content]) => {
        const base = name.replace(/-[^-]*$/, '');
        const made = await readMembers(join(dir, `${name}.tgz`), ['+CONTENTS', `share/quick/${base}`]);
        const isRight = made.includes(`@name ${name}\n`) && made.endsWith(`${content}\n`);
        return isRight ? [] : [`wrong: ${name}`];
      }),
  );
  return [...odd.map((name) => `odd: ${name}`), ...lost.map((name) => `lost: ${name}`), ...wrong.flat()];
};

const readMembers = async (file: string, members: readonly string[]): Promise<string> => {
  try {
    return (await promisify(execFile)('tar', ['-xzOf', file, ...members])).stdout;
  } catch (error) {
    return describeError(error);
  }
};

/** Makes the kit that builds of the example tree and of those that are made up start from. */
export const makeKit = async (file: string, mkConf = ''): Promise<void> => {
  const fragment = `${file}.mk`;
  await writeFile(fragment, mkConf);
  const args = ['--prefix', '/usr/pkg', '--gzip-binary-kit', file, '--mk-fragment', fragment];
  await promisify(execFile)('sh', [join(example, 'bootstrap/bootstrap.sh'), ...args]);
};
