import { z } from 'zod';
import type { Sha256 } from '../../src/artefacts/sha256.ts';
import type { BlobRef } from '../../src/artefacts/store/store.ts';
import type { Config } from '../../src/config/config.ts';
import type { HostDirs } from '../build/ground.ts';
import {
  amountSchema,
  blobSchema,
  countSchema,
  lineSchema,
  listOf,
  pathSchema,
  placeSchema,
  sha256Schema,
  textSchema,
  variablesSchema,
} from './fields.ts';

/** A directory that builds read, as one blob that unpacks to it. */
export interface PackedTree {
  /** What it says, as `identifyTree` has it. */
  readonly tree: Sha256;
  readonly blob: BlobRef;
}

/** A directory as sandboxes have it; not packed where all hosts have it at hand. */
export interface PackedPlace {
  readonly path: string;
  readonly packed: PackedTree | undefined;
}

/** The make of a build. */
export interface MakeProgram {
  /** Inside. */
  readonly path: string;
  /** Undefined for one that the kit brings: the kit counts as a whole. */
  readonly outside: { readonly sha256: string; readonly version: string } | undefined;
}

/**
 * Everything that decides what the packages of a build become, or how they are judged, as it was where the build was asked
 * for: the same on each host that has a part in it. Paths are those inside sandboxes.
 */
export interface BuildTerms {
  /** Of the host where it was asked for: `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
  readonly isIsolated: boolean;
  /** Where packages and distfiles are, and the tree. */
  readonly paths: HostDirs;
  readonly tree: PackedTree | undefined;
  readonly roDirs: readonly PackedPlace[];
  readonly rwDirs: readonly string[];
  readonly systemDirs: readonly string[];
  readonly kit: BlobRef | undefined;
  readonly make: MakeProgram;
  readonly workDir: string;
  readonly prefix: string;
  readonly pkgDbdir: string;
  readonly buildUser: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Names, and the values of those that were set. */
  readonly inherit: readonly string[];
  readonly inherited: Readonly<Record<string, string>>;
  readonly build: Pick<Config['build'], 'fetchTries' | 'keepWrkdir' | 'keepPrefix' | 'save'>;
  readonly limits: Config['limits'];
  readonly watchdog: Config['watchdog'];
  readonly hooks: Pick<Config['hooks'], 'beforePackage' | 'afterPackage'>;
  readonly hookVariables: Readonly<Record<string, string>>;
}

const packedSchema = z.object({ tree: sha256Schema, blob: blobSchema });

/** A field that is absent where its value is undefined. */
const maybe = <Output>(schema: z.ZodType<Output>) => schema.optional().transform((value) => value);

const limitsShape = {
  cpuSeconds: countSchema,
  files: countSchema,
  processes: countSchema,
  memoryMiB: countSchema,
  fileSizeMiB: countSchema,
  memoryTotalMiB: countSchema,
  processesTotal: countSchema,
  diskMiB: countSchema,
  nice: z.int().min(0).max(19),
} as const;

type Bounds = Config['limits']['packages'][number]['values'];

const boundsShape = z
  .strictObject({ ...limitsShape, jobs: countSchema, timeoutFactor: amountSchema })
  .partial();

const isBounds = (value: unknown): value is Bounds => boundsShape.safeParse(value).success;

const limitsSchema = z.object({
  ...limitsShape,
  packageSizeMiB: countSchema,
  packages: listOf(z.object({ pattern: lineSchema, values: z.custom<Bounds>(isBounds) })),
});

const silenceSchema = z.object({
  clean: amountSchema,
  depends: amountSchema,
  fetch: amountSchema,
  checksum: amountSchema,
  configure: amountSchema,
  build: amountSchema,
  install: amountSchema,
  package: amountSchema,
  hooks: amountSchema,
});

const watchdogSchema = z.object({
  silenceSeconds: silenceSchema,
  totalSeconds: amountSchema,
  learnedFactor: amountSchema,
  learnedFloorSeconds: amountSchema,
  floodMiBPerSecond: amountSchema,
  floodSeconds: amountSchema,
  repeats: amountSchema,
  logMiB: amountSchema,
});

const makeSchema = z.object({
  path: pathSchema,
  outside: maybe(z.object({ sha256: lineSchema, version: lineSchema })),
});

export const termsSchema: z.ZodType<BuildTerms> = z.object({
  platform: lineSchema,
  arch: lineSchema,
  isIsolated: z.boolean(),
  paths: z.object({ pkgsrc: placeSchema, packages: placeSchema, distfiles: placeSchema }),
  tree: maybe(packedSchema),
  roDirs: listOf(z.object({ path: pathSchema, packed: maybe(packedSchema) })),
  rwDirs: listOf(pathSchema),
  systemDirs: listOf(pathSchema),
  kit: maybe(blobSchema),
  make: makeSchema,
  workDir: placeSchema,
  prefix: placeSchema,
  pkgDbdir: placeSchema,
  buildUser: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/),
  variables: variablesSchema,
  inherit: listOf(lineSchema),
  inherited: variablesSchema,
  build: z.object({
    fetchTries: z.int().min(1).max(1_000),
    keepWrkdir: z.boolean(),
    keepPrefix: z.boolean(),
    save: listOf(lineSchema),
  }),
  limits: limitsSchema,
  watchdog: watchdogSchema,
  hooks: z.object({ beforePackage: listOf(textSchema), afterPackage: listOf(textSchema) }),
  hookVariables: variablesSchema,
});
