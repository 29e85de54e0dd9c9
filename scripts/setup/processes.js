import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { ROOT } from './project.js';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** The same signal again within this time is the same wish: a terminal sends it to everyone, and npm passes it on as well. */
const SAME_SIGNAL_MS = 500;

/** Calls `listener` once for each wish to stop, however many copies of the signal come. Returns its undo. */
function onSignals(listener) {
  const lastAt = new Map();
  const take = (signal) => {
    const now = Date.now();
    if (now - (lastAt.get(signal) ?? 0) >= SAME_SIGNAL_MS) listener(signal);
    lastAt.set(signal, now);
  };
  for (const signal of FORWARDED) process.on(signal, take);
  return () => {
    for (const signal of FORWARDED) process.off(signal, take);
  };
}

/** The exit code a shell would report. */
const exitCode = (code, signal) => code ?? 128 + (constants.signals[signal] ?? 0);

/**
 * Starts a program that shares this terminal's output. It is a session of its own, so that it gets each signal once,
 * from `stop`, and not from the terminal too. `exit` is its exit code, once it has ended.
 */
export function start(command, args, options = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    ...options,
  });
  const exit = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(exitCode(code, signal)));
  });
  return { exit, stop: (signal) => child.kill(signal) };
}

/** Waits for running programs to end; signals are passed on to all, and the end of one ends the others. Answers the first one's exit code. */
export async function wait(...programs) {
  const undo = onSignals((signal) => {
    for (const program of programs) program.stop(signal);
  });
  try {
    return await Promise.race(programs.map((program) => program.exit));
  } finally {
    for (const program of programs) program.stop('SIGTERM');
    await Promise.allSettled(programs.map((program) => program.exit));
    undo();
  }
}

/** Runs one program to its end. */
export const run = (command, args, options) => wait(start(command, args, options));

/** What a program prints, trimmed, or undefined when it cannot be run or fails. */
export function output(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', ...options });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** What a program that cannot be run, or fails, says about it. */
export function problem(command, args) {
  const { error, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  return error?.message ?? (stderr.trim() || `it ended with ${status}`);
}
