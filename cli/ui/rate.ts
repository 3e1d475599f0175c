/** How fast a count grows. */
export interface Rate {
  note(count: number, atMs: number): void;
  /** Per hour, over the last ten minutes at most; undefined until it has been watched for a while. */
  perHour(): number | undefined;
}

const windowMs = 10 * 60_000;
/** Less says nothing, milliseconds. */
const watchedMsMin = 15_000;

export function createRate(): Rate {
  let marks: { readonly count: number; readonly atMs: number }[] = [];
  return {
    note: (count, atMs) => {
      // A count that goes back is of another build.
      if (count < (marks.at(-1)?.count ?? 0)) marks = [];
      marks = [...marks.filter((mark) => mark.atMs >= atMs - windowMs), { count, atMs }];
    },
    perHour: () => {
      const [first, last] = [marks[0], marks.at(-1)];
      if (first === undefined || last === undefined || last.atMs - first.atMs < watchedMsMin)
        return undefined;
      return ((last.count - first.count) * 3_600_000) / (last.atMs - first.atMs);
    },
  };
}
