// How numbers are written: as few digits as say enough.

const brief = value => Math.abs(value) >= 1000 && Math.abs(value) < 1e5 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
const percent = share => `${(100 * share).toFixed((share > 0 && share < .1) || (share > .99 && share < 1) ? 1 : 0)}\u00a0%`;

scripts.numbers = { brief, percent };
