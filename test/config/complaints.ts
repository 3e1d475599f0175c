import { expect } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { writeConfig } from './scratch.ts';

/** The lines of the error that loading `text` gives, without the name of the file. */
export const complaintsOf = async (directory: string, text: string): Promise<readonly string[]> => {
  const file = writeConfig(directory, text);
  try {
    await loadConfig(file);
    return [];
  } catch (error) {
    if (!(error instanceof BulkmeshError)) throw error;
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.hint).not.toBe('');
    return error.message
      .split('\n')
      .map((line) => line.replaceAll(directory, '').replace('/bulkmesh.toml', ''));
  }
};
