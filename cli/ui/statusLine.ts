import { drawSpans, type Look, span } from './text.ts';

/** One line of a terminal that is written over and over. Nothing at all where there is no terminal. */
export interface StatusLine {
  show(text: string): void;
  clear(): void;
}

/** `look` is undefined where there is no terminal. What is shown must be escaped already. */
export function openStatusLine(stream: NodeJS.WriteStream, look: Look | undefined): StatusLine {
  let isShown = false;
  return {
    show: (text) => {
      if (look === undefined) return;
      stream.write(`\r\x1b[K${drawSpans([span(text)], Math.max(1, (stream.columns || 80) - 1), look)}`);
      isShown = true;
    },
    clear: () => {
      if (isShown) stream.write('\r\x1b[K');
      isShown = false;
    },
  };
}
