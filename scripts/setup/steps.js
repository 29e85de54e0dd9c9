import { bold, dim, duration, green, red, SetupError } from './terminal.js';

/** Runs named steps one after the other up to the first that fails, and closes with a table. Answers the exit code. */
export async function runSteps(steps) {
  const rows = [];
  let exitCode = 0;
  for (const [name, work] of steps) {
    if (exitCode !== 0) {
      rows.push({ name, outcome: dim('not run') });
      continue;
    }
    console.log(`\n${bold(`▶ ${name}`)}`);
    const startedAt = Date.now();
    exitCode = await codeOf(work);
    const took = duration(Date.now() - startedAt);
    console.log(dim(`${name}: ${took}`));
    rows.push({ name, took, outcome: exitCode === 0 ? green('passed') : red(`failed (${exitCode})`) });
  }
  console.log(`\n${rows.map(line).join('\n')}\n`);
  return exitCode;
}

const line = ({ name, took = '', outcome }) => `  ${name.padEnd(24)} ${took.padStart(12)}  ${outcome}`;

async function codeOf(work) {
  try {
    return (await work()) ?? 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(red(error.message));
    return error.exitCode;
  }
}
