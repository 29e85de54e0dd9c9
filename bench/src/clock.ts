/** Microseconds on a clock that all processes of this machine share. */
export const nowUs = () => Number(process.hrtime.bigint() / 1_000n);

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The turn of the event loop after what is due now. */
export const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
