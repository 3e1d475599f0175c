/** One figure, told apart from others of its family by labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Figures of one name. A counter only grows while the process lives; its name ends with `_total`. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

/** What `renderFamilies` writes, as HTTP calls it. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Prometheus's text format 0.0.4, as https://prometheus.io/docs/instrumenting/exposition_formats/ describes it. Families without
 * a figure are left out.
 */
export const renderFamilies = (families: readonly Family[]): string =>
  families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(
        ({ labels, value }) => `${name}${renderLabels(labels)} ${renderValue(value)}\n`,
      );
      return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');

const renderLabels = (labels: Readonly<Record<string, string>>): string => {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
};

const renderValue = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
};

const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');

const escapeValue = (text: string): string => escapeHelp(text).replace(/"/g, '\\"');
