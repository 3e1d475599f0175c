import { createHash } from 'node:crypto';

import { escapeHtml } from './escape.ts';
import { formatMinute } from './format.ts';
import { listBuilt } from './html/built.ts';
import { listFailures } from './html/failures.ts';
import { renderHeader } from './html/header.ts';
import { type Html, renderList } from './html/markup.ts';
import { SCRIPT } from './html/script.ts';
import { listOpen, listScanFailures, listSkipped } from './html/skipped.ts';
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
${renderLists(view)}</main>
${renderFooter(view)}<script>${SCRIPT}</script>
</body>
</html>
`;
}

/** The lists in the order of their worth, each within its share of the room that those before it left. */
function renderLists(view: ReportView): Html {
  const parts = [
    ...listFailures(view),
    ...listSkipped(view),
    listScanFailures(view),
    listOpen(view),
    listBuilt(view),
  ];
  let leftBytes = LISTS_BYTES;
  return parts
    .map((part) => {
      const html = renderList(part, leftBytes * part.share);
      leftBytes -= Buffer.byteLength(html);
      return html;
    })
    .join('');
}

// A browser opens a page of 5 MB in a second or two; head, style and script have the rest of them.
const LISTS_BYTES = 4_900_000;

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
