// Loaded before a program by `node --import`: its wall clock is off by SHIFT_CLOCK_MS. Linux has no namespace for that clock.
const shiftMs = Number(process.env.SHIFT_CLOCK_MS ?? 0);
const RealDate = Date;

const ShiftedDate = new Proxy(RealDate, {
  construct: (target, args: [], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + shiftMs] : args, newTarget),
  apply: () => new RealDate(RealDate.now() + shiftMs).toString(),
  get: (target, key, receiver) =>
    key === 'now' ? () => RealDate.now() + shiftMs : Reflect.get(target, key, receiver),
});
globalThis.Date = ShiftedDate;
