import { readFileSync } from 'node:fs';

/** Set by the bundler, which leaves package.json behind. */
declare const BULKMESH_VERSION: string | undefined;

/** The version of this program, as in package.json. */
export function readVersion(): string {
  if (typeof BULKMESH_VERSION === 'string') return BULKMESH_VERSION;
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  const version =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined;
  return typeof version === 'string' ? version : 'unknown';
}
