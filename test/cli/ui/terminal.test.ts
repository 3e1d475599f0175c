import { describe, expect, it } from 'vitest';
import { openLiveArea } from '../../../cli/ui/terminal.ts';

/** Just enough of a terminal to see what a person would: lines, the cursor's line, hidden or not. */
class Screen {
  readonly lines: string[] = [''];
  columns = 40;
  isCursorHidden = false;
  private row = 0;

  write(text: string): boolean {
    for (const [part] of text.matchAll(/\x1b\[[?0-9;]*[A-Za-z]|\n|\r|[^\x1b\n\r]+/g)) this.take(part);
    return true;
  }

  private take(part: string): void {
    if (part === '\n') {
      this.row += 1;
      this.lines[this.row] ??= '';
    } else if (part === '\x1b[?25l') this.isCursorHidden = true;
    else if (part === '\x1b[?25h') this.isCursorHidden = false;
    else if (/^\x1b\[\d+A$/.test(part)) this.row -= Number.parseInt(part.slice(2), 10);
    else if (part === '\x1b[J') this.lines.splice(this.row, Number.POSITIVE_INFINITY, '');
    else if (!part.startsWith('\x1b') && part !== '\r') this.lines[this.row] = part;
  }
}

describe('the live area', () => {
  it('is drawn in place, with permanent lines above it', () => {
    const screen = new Screen();
    const area = openLiveArea(screen);
    area.draw(['slot 1', 'slot 2', 'bar']);
    area.print(['a failure']);
    area.draw(['slot 1', 'bar']);
    expect(screen.lines).toEqual(['a failure', 'slot 1', 'bar', '']);
    area.close();
  });

  it('leaves only the permanent lines, and the cursor', () => {
    const screen = new Screen();
    const area = openLiveArea(screen);
    expect(screen.isCursorHidden).toBe(true);
    area.draw(['board']);
    area.print(['kept']);
    area.close();
    area.print(['summary']);
    expect(screen.lines).toEqual(['kept', 'summary', '']);
    expect(screen.isCursorHidden).toBe(false);
  });

  it('gives the cursor back when the process exits in the middle, and forgets that after its end', () => {
    const screen = new Screen();
    const before = process.listeners('exit');
    const area = openLiveArea(screen);
    const [restore] = process.listeners('exit').filter((listener) => !before.includes(listener));
    expect(restore).toBeTypeOf('function');
    area.close();
    expect(process.listeners('exit')).toEqual(before);
  });

  it('goes back over the rows that a narrower terminal made of its lines', () => {
    const screen = new Screen();
    const written: string[] = [];
    const stream = {
      columns: 40,
      write: (text: string) => {
        written.push(text);
        return screen.write(text);
      },
    };
    const area = openLiveArea(stream);
    area.draw(['x'.repeat(40), 'y']);
    stream.columns = 20;
    area.draw(['x'.repeat(20), 'y']);
    expect(written.at(-1)).toContain('\x1b[3A');
    area.close();
  });
});
