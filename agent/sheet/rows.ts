import { z } from 'zod';
import type { BlobRef } from '../../src/artefacts/store/store.ts';
import { type BuildId, buildId, type HostId } from '../../src/core/ids.ts';
import { isHostId } from '../../src/mesh/names.ts';
import type { TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import { type Decided, decidedSchema } from '../../src/pkgsrc/fresh/verdict.ts';
import { isPkgName, isPkgPath, isPkgSuffix } from '../../src/pkgsrc/name.ts';
import type { PackageState, PkgName, PkgPath, ScanFailure } from '../../src/pkgsrc/package.ts';
import type { OutsideSettings } from '../build/settings.ts';
import { blobSchema, countSchema, lineSchema, pathSchema, textSchema, variablesSchema } from './fields.ts';
import type { BuildSheet } from './sheet.ts';
import { termsSchema } from './terms.ts';

/** More packages than any tree has. */
const packagesMax = 131_072;

/** The first line: all that there is one of. */
export interface Head
  extends Omit<BuildSheet, 'failures' | 'resolution' | 'decisions' | 'kept' | 'settings'> {
  readonly format: typeof sheetFormat;
  readonly packages: number;
  /** The digests of the decisions. */
  readonly records: string;
  readonly settings: string;
}

/** Another number when a sheet of this one cannot be read by what reads the next. */
export const sheetFormat = 1;

const pkgpathSchema = z.custom<PkgPath>((value) => typeof value === 'string' && isPkgPath(value));
const pkgnameSchema = z.custom<PkgName>((value) => typeof value === 'string' && isPkgName(value));
const buildSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
  .transform((text): BuildId => buildId(text));
const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);

const platformSchema = z.object({
  opsys: lineSchema,
  osVersion: lineSchema,
  machineArch: lineSchema,
  compiler: lineSchema,
});

const treeSchema: z.ZodType<TreeEnvironment> = z.object({
  packages: pathSchema,
  pkgDbdir: pathSchema,
  pkgRefcountDbdir: lineSchema,
  pkgToolsBin: pathSchema,
  prefix: pathSchema,
  pkgSuffix: z.string().refine(isPkgSuffix),
  platform: platformSchema,
  cacheVars: variablesSchema,
  scanVars: variablesSchema,
});

export const headSchema: z.ZodType<Head> = z.object({
  format: z.literal(sheetFormat),
  packages: countSchema.max(packagesMax),
  build: buildSchema,
  submitter: z.custom<HostId>(isHostId),
  startedAtMs: z.int().min(0).max(8.64e15),
  pkgpaths: z.array(pkgpathSchema).max(packagesMax),
  configDigest: lineSchema,
  terms: termsSchema,
  tree: treeSchema,
  records: digestSchema,
  settings: digestSchema,
});

/** Rows of one of the lists; several lines make up a list. */
export type Rows =
  | readonly ['failures', readonly ScanFailure[]]
  | readonly ['settings', readonly OutsideSettings[]]
  | readonly ['packages', readonly PackageRow[]];

/** What is known of a package beside its record. */
export interface PackageRow {
  /** Packages that it needs directly, by their place in the list. */
  readonly needs: readonly number[];
  readonly decided: Decided;
  readonly kept?: BlobRef | undefined;
}

const rowsMax = 4_096;
const rowsOf = <Output>(schema: z.ZodType<Output>) => z.array(schema).max(rowsMax);
const failureSchema = z.object({ pkgpath: pkgpathSchema, reason: textSchema, detail: textSchema });
const settingsSchema = z.object({
  outside: z.array(lineSchema).max(65_536),
  settings: z.record(lineSchema, lineSchema),
});
const packageSchema = z.object({
  needs: z.array(countSchema).max(packagesMax),
  decided: decidedSchema,
  kept: blobSchema.optional(),
});

export const rowsSchema: z.ZodType<Rows> = z.union([
  z.tuple([z.literal('packages'), rowsOf(packageSchema)]),
  z.tuple([z.literal('failures'), rowsOf(failureSchema)]),
  z.tuple([z.literal('settings'), rowsOf(settingsSchema)]),
]);

/** Where a package stands, by what was decided of it. @throws {ZodError} for blame on what has no package's name */
export const stateOf = (decided: Decided): PackageState => {
  switch (decided.kind) {
    case 'kept':
    case 'build':
      return { kind: 'buildable' };
    case 'masked':
    case 'unresolved':
      return decided;
    case 'indirect':
      return { ...decided, culprits: decided.culprits.map((name) => pkgnameSchema.parse(name)) };
  }
};
