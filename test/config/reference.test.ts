import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderReference } from '../../src/config/reference.ts';

it('docs/CONFIG.md is what the schema says (vitest -u writes it anew)', async () => {
  await expect(renderReference()).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/CONFIG.md'));
});
