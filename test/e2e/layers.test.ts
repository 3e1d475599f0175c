import { afterEach, describe, expect, it } from 'vitest';
import { compareInstalls } from '../../bench/layers.ts';
import { startCli } from '../cli/run.ts';
import { type ExampleGround, layExample } from './example.ts';
import { listLeftovers, noBuilds, titleOf } from './host.ts';

describe.skipIf(noBuilds !== undefined)(titleOf('layers of installed dependencies'), () => {
  let ground: ExampleGround | undefined;
  afterEach(() => ground?.remove());

  it('show what pkg_add would have installed, file by file, for every package of the example tree', async () => {
    ground = await layExample({ slots: 2, sections: 'dependency_layers = 0' });
    await startCli(['-c', ground.configFile, 'build']).ended;
    const { packages, filesCompared, different } = await compareInstalls(ground.config);
    expect(packages).toBeGreaterThan(20);
    expect(filesCompared).toBeGreaterThan(1000);
    expect(different).toBe(0);
    expect(listLeftovers(ground.dir)).toEqual([]);
  });
});
