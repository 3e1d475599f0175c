import { Packr } from 'msgpackr';
import type { z } from 'zod';
import type { Message } from '../core/message.ts';
import { BulkmeshError } from '../errors.ts';
import { type TransportFrame, transportSchemas } from './introduction.ts';
import { messageSchemas } from './messageSchema.ts';
import { isPlainMsgpack } from './plain.ts';

/** All that travels on a connection. */
export type Frame = Message | TransportFrame;

/** What bytes turn out to be. `unknown`: of a kind that a later version may know. */
export type Decoded =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'unknown'; readonly name: string }
  | { readonly kind: 'bad'; readonly why: string };

const schemas: { readonly [Kind in Frame['kind']]: z.ZodType<Frame> } = {
  ...messageSchemas,
  ...transportSchemas,
};
const schemaOf: ReadonlyMap<string, z.ZodType<Frame>> = new Map(Object.entries(schemas));

/** Plain maps: one encoding for all peers, and nothing that both ends would have to remember of each other. */
const options = {
  useRecords: false,
  variableMapSize: true,
  int64AsType: 'number',
  skipValues: [undefined],
} as const;
const packr = new Packr({ ...options });

/**
 * A frame as bytes. Fields that are undefined, and those that the frame has beyond its type, do not travel.
 * @throws {BulkmeshError} MESH_UNSENDABLE when peers would refuse it as bad: a fault of this program.
 */
export const encodeFrame = (frame: Frame): Buffer => {
  const checked = schemaOf.get(frame.kind)?.safeParse(frame);
  if (checked?.success === true) return Buffer.from(packr.pack(checked.data));
  throw new BulkmeshError('MESH_UNSENDABLE', `a ${frame.kind} cannot be sent: ${explain(checked?.error)}`, {
    hint: 'This is a fault of bulkmesh: report it with its log.',
  });
};

/** Reads a frame of somebody who may say anything. Fields that this version does not know are left out. */
export const decodeFrame = (bytes: Uint8Array): Decoded => {
  if (!isPlainMsgpack(bytes)) return { kind: 'bad', why: 'no plain msgpack' };
  const value = unpack(bytes);
  const name = readKind(value);
  if (name === undefined) return { kind: 'bad', why: 'no message' };
  const schema = schemaOf.get(name);
  if (schema === undefined) return { kind: 'unknown', name };
  const checked = schema.safeParse(value);
  if (checked.success) return { kind: 'frame', frame: checked.data };
  return { kind: 'bad', why: `${name}: ${explain(checked.error)}` };
};

const unpack = (bytes: Uint8Array): unknown => {
  try {
    return packr.unpack(bytes);
  } catch {
    return undefined;
  }
};

/** Short, and nothing but letters: it is shown to people. */
const readKind = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  const { kind } = value;
  return typeof kind === 'string' && /^[A-Za-z]{1,32}$/.test(kind) ? kind : undefined;
};

/** Where it is wrong, without what stands there. */
const explain = (error: z.ZodError | undefined): string => {
  const issue = error?.issues[0];
  return issue === undefined ? 'unknown' : `${issue.path.join('.').slice(0, 100)}: ${issue.code}`;
};
