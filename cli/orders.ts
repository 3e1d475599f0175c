import type { Command } from 'commander';
import type { Order } from '../agent/view/order.ts';
import { openConfig } from './options.ts';
import { writeLines } from './output.ts';
import { openAgent } from './session.ts';
import { escapeLine } from './ui/escape.ts';

/** The options of every command that has a host do something. */
export interface OrderOptions {
  readonly json?: boolean;
}

/** What `--json` prints of an order. */
export const orderJsonHelp = 'what came of it, as one JSON object';

/** The help of an argument that names a host. */
export const hostHelp = 'name, id, or the beginning of an id (default: this host)';

/** Gives an order through the agent of this host, and says what came of it. Throws what it is refused with. */
export async function giveOrder(
  command: Command,
  options: OrderOptions,
  host: string | undefined,
  order: Order,
): Promise<void> {
  const client = await openAgent(await openConfig(command));
  tellDone(await client.order(host, order), options);
}

/** Says what came of an order. */
export function tellDone(
  done: { readonly text: string; readonly names: readonly string[] },
  { json }: OrderOptions,
): void {
  writeLines([json === true ? JSON.stringify(done, null, 2) : escapeLine(done.text)]);
}
