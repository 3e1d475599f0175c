import { z } from 'zod';
import { fileSchema } from './fileSchema.ts';

/** What is known of one key: enough for messages, for the template and for the reference page. */
export interface KeyInfo {
  readonly section: string;
  readonly name: string;
  readonly type:
    | 'text'
    | 'whole number'
    | 'number'
    | 'yes or no'
    | 'choice'
    | 'list of texts'
    | 'table of texts'
    | 'table of sections';
  readonly description: string;
  /** The fixed default; undefined when `absent` says what holds instead. */
  readonly fallback: string | number | boolean | readonly string[] | undefined;
  readonly absent: string;
  readonly example: string | number | undefined;
  readonly choices: readonly string[];
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  /** Of a table of sections: the keys of each. */
  readonly keys: readonly KeyInfo[];
}

export interface SectionInfo {
  readonly name: string;
  readonly description: string;
  readonly keys: readonly KeyInfo[];
}

const plainKey = z.object({
  description: z.string(),
  type: z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object']),
  default: z.unknown().optional(),
  absent: z.string().default(''),
  example: z.union([z.string(), z.number()]).optional(),
  enum: z.array(z.string()).default([]),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
const keySchema = plainKey.extend({
  additionalProperties: z
    .object({ properties: z.record(z.string(), plainKey) })
    .optional()
    .catch(undefined),
});
const documentSchema = z.object({
  properties: z.record(
    z.string(),
    z.object({ description: z.string(), properties: z.record(z.string(), keySchema) }),
  ),
});

/**
 * Every section and key of the configuration file, in the order of the schema, read off the schema itself.
 */
export const listSections = (): readonly SectionInfo[] => {
  const document = documentSchema.parse(z.toJSONSchema(fileSchema, { io: 'input' }));
  return Object.entries(document.properties).map(([section, { description, properties }]) => ({
    name: section,
    description,
    keys: Object.entries(properties).map(([name, key]) => describeKey(section, name, key)),
  }));
};

type Key = z.infer<typeof plainKey> & Partial<z.infer<typeof keySchema>>;

const describeKey = (section: string, name: string, key: Key): KeyInfo => ({
  section,
  name,
  type: nameType(key),
  description: key.description,
  fallback: z
    .union([z.string(), z.number(), z.boolean(), z.array(z.string())])
    .optional()
    .catch(undefined)
    .parse(key.default),
  absent: key.absent,
  example: key.example,
  choices: key.enum,
  minimum: key.minimum,
  maximum: key.maximum,
  keys: Object.entries(key.additionalProperties?.properties ?? {}).map(([inner, info]) =>
    describeKey(section, inner, info),
  ),
});

const nameType = (key: Key): KeyInfo['type'] => {
  switch (key.type) {
    case 'string':
      return key.enum.length > 0 ? 'choice' : 'text';
    case 'integer':
      return 'whole number';
    case 'number':
      return 'number';
    case 'boolean':
      return 'yes or no';
    case 'array':
      return 'list of texts';
    case 'object':
      return key.additionalProperties === undefined ? 'table of texts' : 'table of sections';
  }
};
