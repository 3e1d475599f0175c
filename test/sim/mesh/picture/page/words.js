/** Times as people read them. */

const pad = (value, digits = 2) => String(value).padStart(digits, '0');

/** A moment of the run, with as many digits as `stepMs` needs: `12:03`, `1:12:03.250`. */
export const clock = (ms, stepMs = 1) => {
  const digits = stepMs >= 1_000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : stepMs >= 1 ? 3 : 4;
  const unit = 10 ** digits;
  const units = Math.round((Math.max(0, ms) / 1_000) * unit);
  const seconds = Math.floor(units / unit);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const head = hours > 0 ? `${hours}:${pad(minutes)}` : String(minutes);
  return `${head}:${pad(seconds % 60)}${digits > 0 ? `.${pad(units % unit, digits)}` : ''}`;
};

/** A length of time: `3.2 ms`, `12.4 s`, `4 min 05 s`. */
export const span = (ms) => {
  if (ms < 10) return `${Math.round(ms * 100) / 100} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${pad(Math.floor(seconds / 60) % 60)} min`;
};

export const count = (number) => number.toLocaleString('en-US');

/** An element with children; a class may be empty. */
export const make = (tag, className = '', ...children) => {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
};

export const button = (className, label, onClick, title) => {
  const element = make('button', className, label);
  element.type = 'button';
  if (title !== undefined) element.title = title;
  element.addEventListener('click', onClick);
  return element;
};

/** What ends of runs are called, and the sign that stands for each beside its colour. */
export const ENDS = {
  built: { words: 'built', sign: '' },
  failed: { words: 'failed', sign: '✕' },
  troubled: { words: 'trouble of the host', sign: '!' },
  cancelled: { words: 'cancelled', sign: '⊘' },
  lost: { words: 'lost with its host', sign: '†' },
  running: { words: 'still running', sign: '…' },
};
