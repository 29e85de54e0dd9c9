const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

/** One line about what happens now. */
export function say(text) {
  console.log(`${dim('darkroom')} ${text}`);
}

/** A failure whose message is all that a person needs; anything else thrown is a bug and keeps its stack. */
export class SetupError extends Error {
  exitCode;

  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a command's main function: its number is the exit code, a `SetupError` is one red line. */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`${dim('darkroom')} ${red(error.message)}`);
    process.exitCode = error.exitCode;
  }
}

/** 8.4 s, or 2 min 8 s. */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
