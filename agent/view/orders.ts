import { BulkmeshError, messageOf } from '../../src/errors.ts';
import type { HostEntry } from './meshView.ts';
import { type Order, type OrderDone, orderAnswerSchema } from './order.ts';
import type { DeskPorts, HostActs, MeshLine } from './ports.ts';

/** A host may have to look for what it is to do, but not for long, milliseconds. */
const answerMs = 10_000;

/** Does here what an order wants of the host that is asked; undefined: this host knows no such build. */
export const performOrder = async (
  acts: HostActs,
  name: string,
  order: Order,
): Promise<OrderDone | undefined> => {
  switch (order.kind) {
    case 'drain':
      acts.setDrained(true);
      return { text: `${name} starts nothing more; what runs ends there`, names: [name] };
    case 'undrain':
      acts.setDrained(false);
      return { text: `${name} takes work again`, names: [name] };
    case 'leave':
      // The answer is to be on its way before the agent begins to end.
      setImmediate(() => acts.shutdown(order.mode));
      return {
        text:
          order.mode === 'drain'
            ? `the agent of ${name} finishes what runs, then it leaves the mesh and ends`
            : `the agent of ${name} stops what runs, leaves the mesh and ends`,
        names: [name],
      };
    case 'stop':
      return acts.stop(order.build, order.mode);
    case 'resume':
      return acts.resume(order.build);
    case 'retry':
      return acts.retry(order.build, order.packages);
  }
};

/** The agent of another host does it. Throws what that one refuses it with, and `HOST_UNREACHED`. */
export const relayOrder = async (
  line: MeshLine,
  { host, name }: { readonly host: string; readonly name: string },
  order: Order,
): Promise<OrderDone> => {
  const link = line.listLinks().find((one) => one.host === host);
  if (link === undefined) throw unreached(name, 'there is no connection to it');
  const answer = await line
    .ask(link.host, { method: 'POST', path: '/order', body: order, timeoutMs: answerMs })
    .catch((error: unknown) => {
      throw unreached(name, messageOf(error));
    });
  const checked = orderAnswerSchema.safeParse(answer);
  if (!checked.success) throw unreached(name, 'its answer is none that this version understands');
  if (checked.data.kind === 'done') return { text: checked.data.text, names: checked.data.names };
  const { code, message, hint } = checked.data;
  throw new BulkmeshError(code, `${name}: ${message}`, { hint });
};

const unreached = (name: string, why: string): BulkmeshError =>
  new BulkmeshError('HOST_UNREACHED', `${name} cannot be asked: ${why}`, {
    hint: 'bulkmesh hosts tells how the hosts are',
  });

/**
 * An order about a build: done here where this host knows the build, else by one that does. Throws `BUILD_UNKNOWN` when nobody
 * knows it.
 */
export const orderBuild = async (
  { acts, line }: DeskPorts,
  entries: readonly HostEntry[],
  order: Extract<Order, { readonly kind: 'stop' | 'resume' | 'retry' }>,
): Promise<OrderDone> => {
  const [self, ...others] = entries;
  const done = await performOrder(acts, self?.name ?? '', order);
  if (done !== undefined) return done;
  /** That another host does not know the build either is no news. */
  let refusal: unknown;
  for (const { host, name, view } of others) {
    if (line === undefined || host === undefined || view === undefined) continue;
    if (!line.listLinks().some((link) => link.host === host)) continue;
    try {
      return await relayOrder(line, { host, name }, order);
    } catch (error) {
      const isUnknown = error instanceof BulkmeshError && error.code === 'BUILD_UNKNOWN';
      if (!isUnknown) refusal = error;
    }
  }
  throw refusal ?? unknownBuild(order);
};

/** What a host says that knows nothing of the build it was asked about. */
export const unknownBuild = ({
  kind,
  build,
}: Extract<Order, { readonly kind: 'stop' | 'resume' | 'retry' }>): BulkmeshError => {
  const what = build === undefined ? 'there is no build' : `nobody knows a build ${build}`;
  const words = {
    stop: 'to stop',
    resume: 'to go on with',
    retry: 'of which something could be tried again',
  };
  return new BulkmeshError('BUILD_UNKNOWN', `${what} ${words[kind]}`, {
    hint: '"bulkmesh builds" lists the builds that this host remembers, "bulkmesh hosts" what goes on',
  });
};
