import type { BuildEvent, Snapshot } from '../../agent/control/protocol.ts';
import { renderBoard } from './board.ts';
import { escapeLine } from './escape.ts';
import { formatClock } from './format.ts';
import { describeEnd, describeScanFailure, renderEvent, renderHeartbeat } from './plain.ts';
import { measureTerminal, openLiveArea, type TerminalStream } from './terminal.ts';
import { type Look, paint } from './text.ts';
import { applyEvent, emptySnapshot } from './view.ts';

/** Shows a build as it goes on. */
export interface Progress {
  show(event: BuildEvent): void;
  /** A line of the command's own, with the time where lines have it. */
  notice(text: string): void;
  close(): void;
}

/** Frames of the board: often enough for seconds to tick, seldom enough for a slow terminal. */
const frameMs = 200;
/** A log without a line for so long makes its reader wonder. */
const silenceMs = 60_000;

/** A board at the end of the terminal; failures and notices are permanent lines above it. */
export function openBoard(stream: TerminalStream, look: Look): Progress {
  const area = openLiveArea(stream);
  let snapshot: Snapshot = emptySnapshot;
  const draw = (): void => {
    const { columns, rows } = measureTerminal(stream);
    const size = { ...look, width: columns, rows: Math.max(4, rows - 1) };
    area.draw(renderBoard(snapshot, size, Date.now()));
  };
  const timer = setInterval(draw, frameMs);
  return {
    show: (event) => {
      snapshot = applyEvent(snapshot, event);
      const line = describeLasting(event, look);
      if (line !== undefined) area.print([line]);
    },
    notice: (text) => area.print([paint(text, 'yellow', look)]),
    close: () => {
      clearInterval(timer);
      area.close();
    },
  };
}

/** A line per event, and one after each minute without any. */
export function openPlainLines(stream: TerminalStream): Progress {
  let snapshot: Snapshot = emptySnapshot;
  let silentSinceMs = Date.now();
  const write = (line: string): void => {
    silentSinceMs = Date.now();
    stream.write(`${line}\n`);
  };
  const timer = setInterval(() => {
    if (Date.now() - silentSinceMs >= silenceMs && snapshot.phase !== 'idle') {
      write(renderHeartbeat(snapshot, Date.now()));
    }
  }, 1000);
  return {
    show: (event) => {
      snapshot = applyEvent(snapshot, event);
      const line = renderEvent(event, snapshot, Date.now());
      if (line !== undefined) write(line);
    },
    notice: (text) => write(`${formatClock(Date.now())} ${text}`),
    close: () => clearInterval(timer),
  };
}

/** What a person who looks away must still find: failures and warnings. */
function describeLasting(event: BuildEvent, look: Look): string | undefined {
  switch (event.kind) {
    case 'ended':
      return event.outcome.kind === 'failed' ? paint(describeEnd(event), 'red', look) : undefined;
    case 'scanFailed':
      return paint(describeScanFailure(event), 'red', look);
    case 'warning':
      return paint(`warning: ${escapeLine(event.text)}`, 'yellow', look);
    case 'snapshot':
    case 'phase':
    case 'started':
    case 'stage':
    case 'finished':
      return undefined;
  }
}
