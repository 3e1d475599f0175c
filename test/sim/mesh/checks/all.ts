import type { Observer } from '../trace.ts';
import { checkAgreement } from './agreement.ts';
import { checkAuthority } from './authority.ts';
import { checkBlame } from './blame.ts';
import { checkFacts } from './facts.ts';
import { checkFiles } from './files.ts';
import { checkHoldings } from './holdings.ts';
import { checkLeadership } from './leadership.ts';
import { createLedger } from './ledger.ts';
import { checkMemory } from './memory.ts';
import { checkNames } from './names.ts';
import { checkNeeds } from './needs.ts';
import { checkOwnership } from './ownership.ts';
import { createShelves } from './shelves.ts';
import { checkSlots } from './slots.ts';

/**
 * All checks of one run, in the order in which they look. Those that compare with the truth come before the books
 * are brought up to date.
 */
export const createChecks = (): readonly Observer[] => {
  const ledger = createLedger();
  const shelves = createShelves();
  return [
    checkFacts(ledger),
    checkBlame(ledger),
    ledger.observer,
    shelves.observer,
    checkNames(),
    checkNeeds(ledger, shelves),
    checkSlots(),
    checkAuthority(),
    checkHoldings(),
    checkFiles(ledger),
    checkMemory(),
    checkLeadership(),
    checkOwnership(),
    checkAgreement(ledger),
  ];
};
