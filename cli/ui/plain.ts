import type { BuildEvent, BuildSummary, Counts, Snapshot } from '../../agent/control/protocol.ts';
import { phaseWords } from './board.ts';
import { escapeLine } from './escape.ts';
import { formatBytes, formatClock, formatCount, formatDuration, formatNumberOf } from './format.ts';
import { measureProgress } from './view.ts';

/**
 * One event as one line with its time, for logs and pipes; undefined for events that only move the board
 * (snapshots, stages) and for the end, which has the summary. `snapshot` is the state after the event.
 */
export function renderEvent(event: BuildEvent, snapshot: Snapshot, nowMs: number): string | undefined {
  switch (event.kind) {
    case 'snapshot':
    case 'stage':
    case 'finished':
      return undefined;
    case 'phase':
      return event.phase === 'idle' ? undefined : `${formatClock(event.atMs)} ${phaseWords[event.phase]}`;
    case 'scanFailed':
      return `${formatClock(nowMs)} ${describeScanFailure(event)}`;
    case 'started': {
      const jobs = event.jobs > 1 ? `, -j${event.jobs}` : '';
      return `${formatClock(event.atMs)} start  ${escapeLine(event.pkg)} (${escapeLine(event.slot)}${jobs})`;
    }
    case 'ended':
      return `${formatClock(nowMs)} ${describeEnd(event)}${shareOf(snapshot)}`;
    case 'warning':
      return `${formatClock(nowMs)} warning: ${escapeLine(event.text)}`;
  }
}

/** What still runs, for a line after a long silence. */
export function renderHeartbeat(snapshot: Snapshot, nowMs: number): string {
  const running = snapshot.slots.flatMap((slot) => {
    if (slot.pkg === undefined) return [];
    const time = formatDuration(nowMs - (slot.startedAtMs ?? nowMs));
    return [`${escapeLine(slot.pkg)} (${escapeLine(slot.stage ?? 'starting')}, ${time})`];
  });
  const shown = running.slice(0, 4).join(', ');
  const more = running.length > 4 ? ` and ${formatCount(running.length - 4)} more` : '';
  const scan = snapshot.scan;
  const what = running.length > 0 ? `: ${shown}${more}` : '';
  const scanned =
    snapshot.phase === 'scanning' && scan !== undefined
      ? ` (${formatCount(scan.done)} of ${formatCount(scan.total)})`
      : '';
  return `${formatClock(nowMs)} still ${phaseWords[snapshot.phase]}${scanned}${what}`;
}

/**
 * `built  perl-5.36.0 in 3m12s, 20 MB`, `FAILED gawk-5.2 in configure after 12s: reason; blocks 4 packages`.
 */
export function describeEnd(event: Extract<BuildEvent, { kind: 'ended' }>): string {
  const pkg = escapeLine(event.pkg);
  const time = formatDuration(event.wallMs);
  const where = event.host === undefined ? '' : ` on ${escapeLine(event.host)}`;
  if (event.outcome.kind === 'built') {
    return `built  ${pkg}${where} in ${time}, ${formatBytes(event.outcome.sizeBytes)}`;
  }
  const blocks = event.blocks === 0 ? '' : `; blocks ${formatNumberOf(event.blocks, 'package')}`;
  const reason = event.outcome.reason === '' ? '' : `: ${escapeLine(event.outcome.reason)}`;
  const how = event.outcome.class === 'timeout' ? ' (timed out)' : '';
  return `FAILED ${pkg}${where}${how} in ${escapeLine(event.outcome.stage)} after ${time}${reason}${blocks}`;
}

/** The end of a build in one line. */
export function describeFinish(summary: BuildSummary): string {
  const { counts, ending, makespanMs } = summary;
  const error = summary.error === undefined ? '' : `: ${escapeLine(summary.error.message)}`;
  if (ending !== 'complete' && counts.total === 0) return `${ending} before any package was begun${error}`;
  return `${ending} after ${formatDuration(makespanMs)}, ${describeCounts(counts)}${error}`;
}

/** `26 of 32 packages built, 2 kept, 1 failed, 3 blocked`. */
export function describeCounts({ total, built, kept, failed, blocked }: Counts): string {
  const old = kept === 0 ? '' : `, ${formatCount(kept)} kept`;
  const bad =
    failed + blocked === 0 ? '' : `, ${formatCount(failed)} failed, ${formatCount(blocked)} blocked`;
  return `${formatCount(built)} of ${formatNumberOf(total, 'package')} built${old}${bad}`;
}

/** A PKGPATH that yields no package, in one line. */
export function describeScanFailure(event: Extract<BuildEvent, { kind: 'scanFailed' }>): string {
  return `FAILED ${escapeLine(event.pkgpath)} in scan: ${escapeLine(event.reason)}`;
}

function shareOf(snapshot: Snapshot): string {
  if (snapshot.counts === undefined) return '';
  const { done, whole } = measureProgress(snapshot.counts);
  return ` [${formatCount(done)}/${formatCount(whole)}]`;
}
