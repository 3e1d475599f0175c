/** What one program of many, run in turn by one shell, printed, and how it ended. */
export interface Frame {
  readonly key: string;
  /** As the shell has it: 128 and the signal for one that was killed. */
  readonly code: number;
  readonly text: string;
}

/**
 * Cuts the joint output of programs apart at the lines that the shell puts behind each: NUL, the mark, key, code. The
 * mark is drawn anew for each batch, so that no package prints such a line unless it means to: whoever asks must see that
 * each key is there once and in its place. What comes after the last of them belongs to a program that did not end, and
 * is left out.
 */
export function cutFrames(output: string, mark: string): readonly Frame[] {
  const frames: Frame[] = [];
  const head = `\0${mark} `;
  for (let at = 0; ; ) {
    const end = output.indexOf(head, at);
    const lineEnd = end < 0 ? -1 : output.indexOf('\n', end);
    if (lineEnd < 0) return frames;
    const [key = '', code = ''] = output.slice(end + head.length, lineEnd).split(' ');
    frames.push({ key, code: Number(code), text: output.slice(at, end) });
    at = lineEnd + 1;
  }
}
