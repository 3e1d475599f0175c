import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

import { escapeHtml } from '../../../../src/report/escape.ts';
import { BODY } from './body.ts';
import { packRecording } from './pack.ts';
import type { Recording } from './recording.ts';

/**
 * The picture of a run: one HTML page that needs nothing but itself. As its data may be anything, only the page's own script
 * and style are let run.
 */
export function renderPage(recording: Recording): string {
  const script = bundlePage();
  const style = STYLES.map(readPart).join('');
  const policy = [
    "default-src 'none'",
    `style-src '${hashInline(style)}'`,
    `script-src '${hashInline(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(recording.title)} · bulkmesh</title>
<style>${style}</style>
</head>
<body>
${BODY.replace('{title}', () => escapeHtml(recording.title))}
<script type="text/plain" id="data">${packRecording(recording)}</script>
<script>${script}</script>
</body>
</html>
`;
}

const STYLES = ['colors.css', 'frame.css', 'picture.css', 'panel.css', 'narrow.css'];

const partUrl = (name: string): URL => new URL(`page/${name}`, import.meta.url);

const readPart = (name: string): string => readFileSync(partUrl(name), 'utf8');

/** The modules of the page's script as one. */
function bundlePage(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(partUrl('main.js'))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
  });
  return outputFiles.map(({ text }) => text.replaceAll('</script', '<\\/script')).join('');
}

const hashInline = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
