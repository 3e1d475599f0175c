import type { Message } from '../../../src/core/message.ts';

/** About how many bytes a message takes on its way, frame and encryption included. */
export const estimateBytes = (message: Message): number => {
  switch (message.kind) {
    case 'heartbeat':
      return (
        frame +
        180 +
        message.have.reduce((sum, have) => sum + 80 + name * (have.added.length + have.removed.length), 0)
      );
    case 'hold':
      return frame + 100 + item * (message.runs.length + message.queue.length + message.transfers.length);
    case 'grant':
      return frame + 100 + item * message.items.length;
    case 'returned':
      return frame + 30 + item * message.items.length;
    case 'entries':
      return (
        frame + 120 + message.entries.reduce((sum, entry) => sum + 200 + name * addsOf(entry.outcome), 0)
      );
    case 'vector':
      return frame + message.plans.reduce((sum, { counts }) => sum + 80 + 60 * counts.length, 0);
    case 'plans':
      return frame + 120 * message.plans.length;
    default:
      return frame + 200;
  }
};

const frame = 60;
const item = 140;
const name = 24;

const addsOf = (outcome: { readonly adds?: readonly unknown[]; readonly kind: string }): number =>
  4 * (outcome.adds?.length ?? 0);
