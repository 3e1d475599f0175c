import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decideFresh } from '../../../src/pkgsrc/fresh/fresh.ts';
import type { Reason } from '../../../src/pkgsrc/fresh/verdict.ts';
import { checkPkgName, checkPkgPath } from '../../../src/pkgsrc/name.ts';
import type { PkgName, PkgPath, Resolution } from '../../../src/pkgsrc/package.ts';
import type { Settings } from '../../../src/pkgsrc/repository/note.ts';
import { digestDepends, recordPackage } from '../../../src/pkgsrc/repository/record.ts';
import { loadRepository } from '../../../src/pkgsrc/repository/repository.ts';
import { digestSources, readTree } from '../../../src/pkgsrc/repository/sources.ts';
import { record } from '../build/fixture.ts';
import type { Ground } from '../repository/support.ts';

interface Article {
  pkgpath: PkgPath;
  needs: readonly string[];
  /** Where further files of it lie. */
  readonly dirs: readonly string[];
}

/** A builder without make: packages are written as files, with the notes that a build writes. */
export interface Shop {
  readonly ground: Ground;
  readonly asked: Set<PkgName>;
  settings: Settings;
  skipAgeCheck: boolean;
  /** A package from `cat/<base>`, after those that it needs. */
  add(
    pkgname: string,
    options?: { readonly needs?: readonly string[]; readonly dirs?: readonly string[] },
  ): void;
  setNeeds(pkgname: string, needs: readonly string[]): void;
  move(pkgname: string, pkgpath: PkgPath): void;
  /** The tree has another version now. */
  rename(pkgname: string, now: string): void;
  build(pkgname: string, salt?: string): Promise<void>;
  buildAll(): Promise<void>;
  /** Reasons by PKGNAME; none: kept. */
  decide(): Promise<ReadonlyMap<string, readonly Reason[]>>;
}

export function layShop(ground: Ground): Shop {
  const articles = new Map<string, Article>();
  const articleOf = (pkgname: string): Article => {
    const found = articles.get(pkgname);
    if (found === undefined) throw new Error(`no ${pkgname} in the shop`);
    return found;
  };
  const shop: Shop = {
    ground,
    asked: new Set(),
    settings: { platform: 'p', '/etc/mk.conf': 'c' },
    skipAgeCheck: false,
    add: (pkgname, { needs = [], dirs = [] } = {}) => {
      const base = pkgname.slice(0, pkgname.lastIndexOf('-'));
      articles.set(pkgname, { pkgpath: checkPkgPath(`cat/${base}`), needs, dirs });
    },
    setNeeds: (pkgname, needs) => Object.assign(articleOf(pkgname), { needs }),
    move: (pkgname, pkgpath) => Object.assign(articleOf(pkgname), { pkgpath }),
    rename: (pkgname, now) => {
      const renamed = [...articles].map(([name, one]) => {
        const needs = one.needs.map((need) => (need === pkgname ? now : need));
        return [name === pkgname ? now : name, { ...one, needs }] as const;
      });
      articles.clear();
      for (const [name, one] of renamed) articles.set(name, one);
    },
    build: (pkgname, salt = '') => buildOne(shop, checkPkgName(pkgname), articleOf(pkgname), salt),
    buildAll: async () => {
      for (const pkgname of articles.keys()) await shop.build(pkgname);
    },
    decide: async () => {
      const verdicts = await decideFresh({
        resolution: resolve(articles),
        repository: await loadRepository(ground.place),
        tree: readTree(ground.pkgsrc),
        settingsOf: () => shop.settings,
        skipAgeCheck: shop.skipAgeCheck,
        asked: shop.asked,
        cone: new Set(),
      });
      return new Map([...verdicts].map(([name, one]) => [name, one.kind === 'kept' ? [] : one.reasons]));
    },
  };
  return shop;
}

async function buildOne(
  { ground, settings }: Shop,
  pkgname: PkgName,
  article: Article,
  salt: string,
): Promise<void> {
  const { place, pkgsrc } = ground;
  const { pkgpath, dirs } = article;
  const fileDigests = digestSources(readTree(pkgsrc), { pkgpath, dirs, files: [] });
  const dependDigests = await digestDepends(place, article.needs.map(checkPkgName));
  ground.putPackage(pkgname, { buildDepends: article.needs, salt });
  const bytes = readFileSync(ground.fileOf(pkgname));
  const hexOf = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  const digests = { digest: `sha256:${hexOf('sha256')}`, sha512: hexOf('sha512'), sizeBytes: bytes.length };
  const built = { fileDigests, dependDigests, settings, build: 'b', host: 'h', atMs: 0 };
  await recordPackage({ place, pkgsrc, pkgname, pkgpath, digests, built });
}

function resolve(articles: ReadonlyMap<string, Article>): Resolution {
  const places = new Map([...articles.keys()].map((name, index) => [name, index]));
  return {
    packages: [...articles].map(([name, { pkgpath, needs }]) => ({
      record: record({ pkgname: checkPkgName(name), pkgpath }),
      depends: needs.flatMap((need) => places.get(need) ?? []),
      state: { kind: 'buildable' },
    })),
  };
}
