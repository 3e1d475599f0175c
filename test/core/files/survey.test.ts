import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasBit } from '../../../src/core/files/bits.ts';
import { surveyHoldings } from '../../../src/core/files/survey.ts';
import { makePlan } from '../samples.ts';
import { addPeer, enterPlan, indexOf, killPeer, makeHost, tellBuilt, tellHave } from './hosts.ts';

const names = Array.from({ length: 70 }, (_, index) => `t${index}`);
const plan = makePlan(Object.fromEntries(names.map((name) => [name, [[], 1]] as const)));
const others = ['h2', 'h3', 'h4', 'h5'];

test('files that nobody has, or too few, are found as counting them one by one finds them', () => {
  const someNames = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 40 });
  const built = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom('h1', ...others)), {
    maxLength: 60,
  });
  const claims = fc.array(someNames, { minLength: 4, maxLength: 4 });
  const kinds = fc.array(fc.constantFrom('alive', 'dead', 'cut', 'leaving'), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(built, claims, kinds, fc.integer({ min: 1, max: 4 }), (facts, lists, states, copies) => {
      const state = makeHost('h1');
      const of = enterPlan(state, plan);
      const peers = others.map((host) => ({ host, id: addPeer(state, host), has: new Set<string>() }));
      const mine = new Set<string>();
      for (const [name, host] of facts) {
        tellBuilt(state, of, name, host);
        (peers.find((peer) => peer.host === host)?.has ?? mine).add(name);
      }
      peers.forEach(({ host, id, has }, place) => {
        for (const name of lists[place] ?? []) has.add(name);
        tellHave(state, host, { added: lists[place] ?? [] });
        const peer = state.membership.peers.get(id);
        if (peer === undefined) throw new Error('no peer');
        if (states[place] === 'dead') killPeer(state, host);
        if (states[place] === 'cut') peer.session = undefined;
        if (states[place] === 'leaving') peer.isLeaving = true;
      });
      const { absent, scarce } = surveyHoldings(state, of, copies);
      for (const name of names) {
        const isBuilt = facts.some(([one]) => one === name);
        const count = (kept: readonly string[]): number =>
          Number(mine.has(name)) +
          peers.filter(({ has }, place) => has.has(name) && kept.includes(states[place] ?? '')).length;
        const found = [absent, scarce].map((words) => hasBit({ words }, indexOf(of, name)));
        const isAbsent = isBuilt && count(['alive', 'leaving']) === 0;
        const isScarce = isBuilt && count(['alive', 'cut']) < copies;
        expect(found).toEqual([isAbsent, isScarce]);
      }
    }),
  );
});
