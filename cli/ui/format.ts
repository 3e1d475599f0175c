/** How figures look everywhere in the command line: short, one unit system, no locale. */

/** `0.4s`, `12s`, `3m12s`, `1h04m`, `2d03h`: at most two units, never negative. */
export function formatDuration(ms: number): string {
  const clamped = Math.max(0, ms);
  if (clamped < 950) return `${(Math.floor(clamped / 100) / 10).toFixed(1)}s`;
  const seconds = Math.round(clamped / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${pad2(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${pad2(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${pad2(hours % 24)}h`;
}

/** A duration that is only a guess: `40s`, `31m`, `1h04m`. */
export function formatEstimate(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return ms < 90_000 || minutes >= 60 ? formatDuration(ms) : `${minutes}m`;
}

/** `512 B`, `1.5 KB`, `20 MB`: powers of 1024, three digits at most. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** `29,022`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 package`, `29,022 packages`. */
export function formatNumberOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** Local wall clock, `15:04:05`. */
export function formatClock(atMs: number): string {
  const date = new Date(atMs);
  return `${pad2(date.getHours())}:${pad2(date.getMinutes())}:${pad2(date.getSeconds())}`;
}

/** Local day and clock, `2026-11-22 15:04`. */
export function formatDay(atMs: number): string {
  const date = new Date(atMs);
  const day = `${date.getFullYear()}-${pad2(date.getMonth() + 1)}-${pad2(date.getDate())}`;
  return `${day} ${pad2(date.getHours())}:${pad2(date.getMinutes())}`;
}

/** When a build may end: `15:42`, or with the day, `Mon 15:42`, where that is another day than `nowMs`. */
export function formatEnd(atMs: number, nowMs: number): string {
  const date = new Date(atMs);
  const clock = `${pad2(date.getHours())}:${pad2(date.getMinutes())}`;
  if (date.toDateString() === new Date(nowMs).toDateString()) return clock;
  const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  return `${days[date.getDay()] ?? ''} ${clock}`;
}

/** `0%` to `100%`; 100 % is shown only when all is done, 0 % only when nothing is. */
export function formatPercent(part: number, whole: number): string {
  if (whole <= 0) return '0%';
  const exact = (100 * part) / whole;
  if (exact > 99 && exact < 100) return '99%';
  if (exact > 0 && exact < 1) return '1%';
  return `${Math.round(exact)}%`;
}

function pad2(value: number): string {
  return String(value).padStart(2, '0');
}
