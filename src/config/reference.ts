import { type KeyInfo, listSections, type SectionInfo } from './keys.ts';

const opening = `# Configuration

One TOML file per host. bulkmesh takes the file that \`--config\` names, else the one that
\`$BULKMESH_CONFIG\` names, else \`bulkmesh.toml\` in the current directory, else
\`/content/bulkmesh.toml\`, else the one that \`bulkmesh agent --join\` makes where there is none:
\`/var/lib/bulkmesh/bulkmesh.toml\` for root, else \`bulkmesh/bulkmesh.toml\` in \`$XDG_STATE_HOME\`
(\`~/.local/state\`). \`bulkmesh init DIRECTORY\` writes one with every key, its default and a comment.
In place of it every command takes a pbulk.conf: \`--pbulk-conf FILE\`. \`bulkmesh config check\`
says whether a configuration is good, \`bulkmesh config show\` what holds by it.

Every key may be left out. A key that is not listed here is an error, as is a value of the wrong
type, a path that must be there and is not, or one that a sandbox could not mount (commas, colons,
backslashes, blanks); all errors of a file are told at once, each with its line. A relative path
starts at the directory of the file.

This page is made from the schema that the program checks with (\`src/config/fileSchema.ts\`).
`;

const closing = `## What a change does to a build that is not finished

\`bulkmesh build\` goes on with the last build of the same packages if it did not complete and nothing
that could change what is built has changed in this file since: \`pkgsrc\` and \`packages\` of
\`[paths]\`, everything in \`[pkgsrc]\`, \`skip_age_check\` of \`[build]\`, \`before_package\` of \`[hooks]\`, the
directories in \`[sandbox]\`, and whether there is isolation at all (\`driver = "none"\` or not). After
such a change it starts a new build. The other keys may change at any time; the agent reads them when
it starts.
`;

/** The reference page of the configuration, \`docs/CONFIG.md\`. */
export const renderReference = (): string =>
  `${[opening, ...listSections().map(renderSection), closing].join('\n').trimEnd()}\n`;

const renderSection = (section: SectionInfo): string =>
  [
    `## [${section.name}]`,
    '',
    section.description,
    '',
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    ...section.keys.map(renderKey),
    '',
    ...section.keys.filter(({ type }) => type === 'table of sections').flatMap(renderTable),
  ].join('\n');

/** The keys of each section of a table; those that the section around it has too mean the same. */
const renderTable = (table: KeyInfo): readonly string[] => {
  const around = listSections().find(({ name }) => name === table.section)?.keys ?? [];
  const isShared = ({ name }: KeyInfo): boolean => around.some((key) => key.name === name);
  const shared = table.keys.filter(isShared).map(({ name }) => `\`${name}\``);
  return [
    `### [${table.section}.${table.name}."PATTERN"]`,
    '',
    `Of the keys above: ${shared.join(', ')}. And:`,
    '',
    '| key | type | meaning |',
    '|---|---|---|',
    ...table.keys
      .filter((key) => !isShared(key))
      .map((key) => `| \`${key.name}\` | ${describeType(key)} | ${escapeCell(key.description)} |`),
    '',
  ];
};

const renderKey = (key: KeyInfo): string =>
  `| \`${key.name}\` | ${describeType(key)} | ${describeDefault(key)} | ${escapeCell(key.description)} |`;

const describeType = (key: KeyInfo): string => {
  if (key.choices.length > 0) return key.choices.map((choice) => `\`"${choice}"\``).join(', ');
  return key.maximum === undefined ? key.type : `${key.type}, ${key.minimum} to ${key.maximum}`;
};

const describeDefault = (key: KeyInfo): string => {
  if (key.fallback !== undefined) return `\`${JSON.stringify(key.fallback)}\``;
  return key.absent === '' ? 'none' : escapeCell(key.absent);
};

const escapeCell = (text: string): string => text.replace(/[|*]/g, '\\$&').replaceAll('<', '&lt;');
