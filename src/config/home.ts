import { join } from 'node:path';
import { homeConfigFile } from './find.ts';
import { checkLayoutDir, explainFailure } from './init.ts';
import { NewFiles, type Placed } from './newFiles.ts';
import { renderTemplate } from './template.ts';
import { makeConfig, type NamedValues } from './values.ts';

/** A configuration that was made for a host that joins others. */
export interface Home extends Placed {
  readonly configFile: string;
}

/**
 * Makes the place of a host that brings nothing but the program and the mesh key: directories, and a configuration with a
 * comment for every key. There is no tree and no kit in it: builds of other hosts bring theirs. What is there stays as it is;
 * after an error nothing of this call is left.
 * @throws {BulkmeshError} CONFIG_INVALID for values that are not good; INIT_BAD_DIRECTORY, INIT_FAILED
 */
export const layOutHome = async (dir: string, named: NamedValues): Promise<Home> => {
  checkLayoutDir(dir);
  const configFile = homeConfigFile(dir);
  // Before anything is written: a file with a wrong value in it would be in the way of the next try.
  await makeConfig({ file: configFile, ...named }, ['paths.pkgsrc']);
  const files = new NewFiles();
  try {
    for (const name of ['', 'bulklog', 'distfiles', 'packages', 'packages/All', 'pkgsrc']) {
      await files.addDirectory(join(dir, name));
    }
    await files.addDirectory(join(dir, 'bulkmesh'), 0o700);
    await files.addFile(configFile, renderTemplate(named.values), 0o644);
  } catch (error) {
    await files.takeBack();
    throw explainFailure(dir, error);
  }
  return { configFile, created: files.created, kept: files.kept };
};
