/** HTML that is safe to put on the page. Made of escaped text and our own tags only. */
export type Html = string;

/**
 * Parts of a whole as one bar; the words beside it say the same, so it is hidden from readers of the screen.
 */
export function renderBar(parts: readonly { readonly value: number; readonly tone: string }[]): Html {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  let at = 0;
  const rects = parts
    .filter((part) => part.value > 0)
    .map((part) => {
      const width = total === 0 ? 0 : (1_000 * part.value) / total;
      const x = at;
      at += width;
      return `<rect class="${part.tone}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="10"/>`;
    });
  return `<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
${rects.join('')}</svg>
`;
}
