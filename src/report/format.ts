/** Times, sizes and lists as a report shows them. */

/** `0.4s`, `12s`, `3m 05s`, `2h 03m`, `1d 04h`: three digits or so, as much as a reader uses. */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}d ${pad(hours % 24)}h`;
}

/** `2026-02-28 00:21`, UTC: the form of pbulk's BUILD_START_ISO, which readers of its reports parse. */
export function formatMinute(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ');
}

/** `20260228.0021`, UTC: pbulk's BUILD_START_DIR. */
export function formatStartDir(unixMs: number): string {
  return formatMinute(unixMs).replaceAll('-', '').replaceAll(':', '').replace(' ', '.');
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** `37 %`, and `< 1 %` for something that is there but rounds to nothing. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '0 %';
  const percent = Math.round((100 * part) / whole);
  return percent === 0 ? '< 1 %' : `${percent} %`;
}

/** `29,022`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 package`, `2 packages`. */
export function formatPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
