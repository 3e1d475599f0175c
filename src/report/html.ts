import { createHash } from 'node:crypto';

import { escapeHtml } from './escape.ts';
import { formatMinute } from './format.ts';
import { renderData } from './html/data.ts';
import { renderHeader } from './html/header.ts';
import type { Html } from './html/markup.ts';
import { renderWithoutScript } from './html/noscript.ts';
import { SCRIPT } from './html/script.ts';
import { STYLE } from './html/style.ts';
import { formatPlatform } from './meta.ts';
import type { ReportView } from './view.ts';

/**
 * `report.html`: one page that needs nothing but itself, with links to the logs relative to where it lies.
 * All that comes from packages is escaped, and as a second wall the page's own policy lets only the script
 * below run.
 */
export function renderHtml(view: ReportView): Html {
  const { input } = view;
  const title = `${formatPlatform(input)} bulk build ${formatMinute(input.startedAtMs)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${renderHeader(view)}<div class="find" hidden>
<input type="search" placeholder="Find a package" aria-label="Find a package"><output class="mute"></output>
</div>
<main>
${renderWithoutScript(view)}</main>
${renderFooter(view)}<script type="application/json" id="data">${renderData(view)}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function renderFooter(view: ReportView): Html {
  const { machineFile } = view.place;
  return `<footer>
<p>All times are UTC. Breaks counts every package that needs this one, directly or not. Also here:
<a href="report.txt">report.txt</a>, <a href="report.json">report.json</a>,
<a href="${machineFile}">${machineFile}</a>. Made by bulkmesh.</p>
</footer>
`;
}

const POLICY = [
  "default-src 'none'",
  `style-src '${hashInline(STYLE)}'`,
  `script-src '${hashInline(SCRIPT)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function hashInline(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
