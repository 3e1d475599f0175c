import { checkAccount } from '../src/config/valueCheck.ts';
import { BulkmeshError } from '../src/errors.ts';
import { askYesNo, canAsk } from './prompt.ts';

/** What became of the account that builds. */
export type BuildUserState =
  | { readonly kind: 'there' }
  | { readonly kind: 'made'; readonly command: string }
  /** `command` would make it; empty where none is known for this system. */
  | { readonly kind: 'missing'; readonly command: string };

/**
 * Looks for the account that builds. Where it is missing it is made, if the command line said so (`yes`) or the
 * person at the terminal does; never without either. Throws what making it throws.
 */
export async function offerBuildUser(name: string, yes: boolean): Promise<BuildUserState> {
  const [{ findBuildUser }, { makeAccount, planAccount }] = await Promise.all([
    import('../agent/users.ts'),
    import('../agent/newUser.ts'),
  ]);
  // The name may come from a command line as it was typed; what is wrong with it is for the configuration to say.
  if (checkAccount(name) !== undefined) return { kind: 'missing', command: '' };
  try {
    await findBuildUser(name);
    return { kind: 'there' };
  } catch (error) {
    if (!(error instanceof BulkmeshError) || error.code !== 'BUILD_USER_MISSING') throw error;
  }
  const plan = (await planAccount(name)) ?? [];
  const command = plan.map((argv) => argv.map(quoteWord).join(' ')).join(' && ');
  if (plan.length === 0) return { kind: 'missing', command };
  const isWanted =
    yes || (canAsk() && (await askYesNo(`There is no account "${name}" to build as. Make it (${command})?`)));
  if (!isWanted) return { kind: 'missing', command };
  await makeAccount(plan);
  return { kind: 'made', command };
}

/** For showing only: what is run is never a line of shell. */
const quoteWord = (word: string): string => (/^[\w./=@+-]+$/.test(word) ? word : `'${word}'`);
