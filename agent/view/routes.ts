import type { IncomingMessage, ServerResponse } from 'node:http';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { isPlanId, isTaskName } from '../../src/mesh/names.ts';
import { parseJson, readBody, readParts, refuse, sendJson } from '../mesh/answers.ts';
import { type OrderAnswer, orderSchema } from './order.ts';
import { performOrder, unknownBuild } from './orders.ts';
import { findPlace, type Place, placePorts } from './places.ts';
import type { DeskPorts } from './ports.ts';

const placePrefix = '/place/';

/** No order is longer, bytes. */
const orderBytesMax = 4 * 2 ** 20;

/** What those that have the key of the mesh may ask of this host on its port: how it is, and to do something. */
export const addDeskRoutes = (ports: DeskPorts): void => {
  const { line } = ports;
  line?.addRoute('/view', (request, response) => {
    if (request.method !== 'GET') return refuse(response, 405);
    sendJson(response, ports.viewSelf());
  });
  line?.addRoute(placePrefix, (request, response) => {
    const place = answerPlace(ports, request.url ?? '');
    if (request.method !== 'GET' || place === undefined) return refuse(response, 404);
    sendJson(response, place);
  });
  line?.addRoute('/order', (request, response) => {
    if (request.method !== 'POST') return refuse(response, 405);
    void answerOrder(ports, request, response);
  });
};

/** `/place/<planId>/<task>`: 404 for what this host does not know. */
const answerPlace = (ports: DeskPorts, url: string): Place | undefined => {
  const [plan = '', task = ''] = readParts(url, placePrefix) ?? [];
  return isPlanId(plan) && isTaskName(task) ? findPlace(placePorts(ports), plan, task) : undefined;
};

const answerOrder = async (
  ports: DeskPorts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  try {
    sendJson(response, await obey(ports, await readOrder(request)));
  } catch (error) {
    response.destroy(error instanceof Error ? error : undefined);
  }
};

const obey = async (ports: DeskPorts, body: unknown): Promise<OrderAnswer> => {
  try {
    const checked = orderSchema.safeParse(body);
    if (!checked.success) {
      throw new BulkmeshError('ORDER_UNKNOWN', 'this version does not understand what it is asked to do', {
        hint: 'bulkmesh hosts tells the version of each host',
      });
    }
    const order = checked.data;
    // Nobody could undo it from where it was asked for. The socket of the agent is for those of its own host.
    if (order.kind === 'leave') {
      throw new BulkmeshError('LEAVE_ELSEWHERE', 'an agent is ended on its own host alone', {
        hint: '"bulkmesh leave" there; "bulkmesh drain HOST" has it start nothing more, from anywhere',
      });
    }
    const done = await performOrder(ports.acts, ports.viewSelf().name, order);
    if (done !== undefined) return { kind: 'done', ...done };
    if (order.kind === 'stop' || order.kind === 'resume' || order.kind === 'retry') throw unknownBuild(order);
    throw new Error(`nothing came of ${order.kind}`);
  } catch (error) {
    const known = error instanceof BulkmeshError;
    const [code, hint] = known ? [error.code, error.hint] : ['AGENT_ERROR', ''];
    return { kind: 'refused', code, message: messageOf(error), hint };
  }
};

const readOrder = async (request: IncomingMessage): Promise<unknown> => {
  const body = await readBody(request, orderBytesMax);
  if (body === undefined) throw new Error('an order without end');
  return parseJson(body);
};
