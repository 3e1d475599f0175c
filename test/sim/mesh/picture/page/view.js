/** Which part of the run is on the screen, and how time becomes place. */

const SHORTEST_MS = 2;
const GLIDE_MS = 260;

export const createView = (endMs, onChange) => {
  const least = -endMs * 0.01;
  const most = endMs * 1.02;
  const view = {
    leastMs: least,
    mostMs: most,
    fromMs: least,
    toMs: most,
    left: 0,
    width: 1,
    cursorMs: undefined,
  };
  let gliding = 0;
  const clamp = (fromMs, spanMs) => {
    const length = Math.min(Math.max(spanMs, SHORTEST_MS), most - least);
    const start = Math.min(Math.max(fromMs, least), most - length);
    return [start, start + length];
  };
  const put = (fromMs, toMs) => {
    [view.fromMs, view.toMs] = clamp(fromMs, toMs - fromMs);
    onChange();
  };
  view.spanMs = () => view.toMs - view.fromMs;
  view.x = (ms) => view.left + ((ms - view.fromMs) / view.spanMs()) * view.width;
  view.ms = (x) => view.fromMs + ((x - view.left) / view.width) * view.spanMs();
  view.isWhole = () => view.spanMs() > (most - least) * 0.999;
  view.set = (fromMs, toMs) => {
    cancelAnimationFrame(gliding);
    put(fromMs, toMs);
  };
  view.pan = (pixels) => {
    const by = (pixels / view.width) * view.spanMs();
    view.set(view.fromMs + by, view.toMs + by);
  };
  /** `factor` below 1 zooms in; the time at `x` stays where it is. */
  view.zoom = (factor, x = view.left + view.width / 2) => {
    const at = view.ms(x);
    view.set(at - (at - view.fromMs) * factor, at + (view.toMs - at) * factor);
  };
  /** As `set`, but so that the eye can follow. */
  view.glide = (fromMs, toMs) => {
    const [from, to] = clamp(fromMs, toMs - fromMs);
    const start = { from: view.fromMs, to: view.toMs, at: performance.now() };
    cancelAnimationFrame(gliding);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return put(from, to);
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - start.at) / GLIDE_MS));
      const eased = 1 - (1 - share) ** 3;
      put(start.from + (from - start.from) * eased, start.to + (to - start.to) * eased);
      if (share < 1) gliding = requestAnimationFrame(step);
    };
    gliding = requestAnimationFrame(step);
  };
  view.fit = () => view.glide(least, most);
  /** Up to where something happens, where that is much less than the whole. */
  view.fitTo = (lastMs) => {
    if (lastMs < endMs * 0.6) put(least, Math.max(lastMs * 1.08, SHORTEST_MS));
  };
  /** Puts a moment into the middle, and no more around it than `spanMs`. */
  view.center = (ms, spanMs = view.spanMs()) => {
    const half = Math.min(spanMs, view.spanMs()) / 2;
    view.glide(ms - half, ms + half);
  };
  return view;
};

const STEPS_MS = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400].map(
    (s) => s * 1_000,
  ),
];

/** The times that get a line and a number, at least `pixels` apart. */
export const listTicks = (view, pixels) => {
  const wanted = (pixels / view.width) * view.spanMs();
  const stepMs = STEPS_MS.find((step) => step >= wanted) ?? STEPS_MS.at(-1);
  const first = Math.max(0, Math.ceil(view.fromMs / stepMs));
  const times = [];
  for (let i = first; i * stepMs <= view.toMs; i++) times.push(i * stepMs);
  return { stepMs, times };
};
