import type { Effect } from '../src/core/effect.ts';
import type { Event } from '../src/core/input.ts';

type Wish<Kind extends Effect['kind']> = Extract<Effect, { readonly kind: Kind }>;

/**
 * The way to other hosts, as the core asks for it. Nothing here throws: what comes of a wish comes back as an event.
 */
export interface MeshPort {
  send(wish: Wish<'send'>): void;
  close(wish: Wish<'closeSession'>): void;
  fetchPlan(wish: Wish<'fetchPlan'>): void;
  fetchFile(wish: Wish<'fetchFile'>): void;
  dropFile(wish: Wish<'dropFile'>): void;
}

/**
 * Of a host that has no others: every session is gone, nothing can be fetched, and each file is the only one there is,
 * so that it stays.
 */
export const createLoneMesh = (push: (event: Event) => void): MeshPort => ({
  send: ({ session }) => push({ kind: 'sessionDown', session }),
  close: () => undefined,
  fetchPlan: ({ planId, from }) => push({ kind: 'planNotFetched', planId, from }),
  fetchFile: ({ planId, task, from }) =>
    push({ kind: 'fileNotFetched', planId, task, from, why: 'unreachable' }),
  dropFile: () => undefined,
});
