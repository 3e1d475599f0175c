import { type KeyInfo, listSections, type SectionInfo } from './keys.ts';

/** Values to write in place of defaults, by `section.key`. */
export type TemplateValues = Readonly<Record<string, string | number | boolean | readonly string[]>>;

const width = 78;

const opening = [
  'Configuration of bulkmesh, in TOML. Every key may be left out. Those that stand here without a # have ' +
    'the value that they have when they are left out, unless you or `bulkmesh init` changed it.',
];

/**
 * The configuration file that `init` writes: every key with a comment and its default. A key whose default
 * depends on the host stands in a comment with an example.
 */
export const renderTemplate = (values: TemplateValues = {}): string => {
  const head = opening.flatMap((text) => comment(text)).join('\n');
  return `${[head, ...listSections().map((section) => renderSection(section, values))].join('\n\n')}\n`;
};

const renderSection = (section: SectionInfo, values: TemplateValues): string => {
  const keys = section.keys.filter((key) => key.type !== 'table of texts');
  const tables = section.keys.filter((key) => key.type === 'table of texts');
  const head = [...comment(section.description), `[${section.name}]`].join('\n');
  return [head, ...keys.map((key) => renderKey(key, values)), ...tables.map(renderTable)].join('\n\n');
};

const renderKey = (key: KeyInfo, values: TemplateValues): string => {
  const value = values[`${key.section}.${key.name}`] ?? key.fallback;
  const lines = comment(describeFully(key));
  if (value !== undefined) return [...lines, `${key.name} = ${renderValue(value)}`].join('\n');
  // The example of a table is TOML as it stands.
  const example = key.type === 'table of sections' ? key.example : renderValue(key.example ?? '');
  return [...lines, `# ${key.name} = ${example}`].join('\n');
};

const renderTable = (key: KeyInfo): string =>
  [...comment(key.description), `[${key.section}.${key.name}]`, '# PKG_DEVELOPER = "yes"'].join('\n');

const describeFully = (key: KeyInfo): string => {
  const range = key.maximum === undefined ? '' : ` ${key.minimum} to ${key.maximum}.`;
  const absent = key.absent === '' ? '' : ` Default: ${key.absent}.`;
  return `${key.description}${range}${absent}`;
};

/** JSON's form of texts, numbers and lists of texts is TOML's too, but for DEL, which TOML wants escaped. */
export const renderValue = (value: string | number | boolean | readonly string[]): string => {
  const text = Array.isArray(value)
    ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
    : JSON.stringify(value);
  return text.replaceAll('\x7f', '\\u007f');
};

const comment = (text: string): readonly string[] => {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line !== '#' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
};
