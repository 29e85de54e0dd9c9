import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FAKE_KINDS } from './fake-backend.ts';

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** What it printed, once it has said two lines. */
async function saidBy(child: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    if (said.split('\n').length > 2) break;
  }
  return said;
}

describe('npm run fake', () => {
  it.each(FAKE_KINDS)('starts %s, says where it is and how to use it, and stops at Ctrl-C', async (kind) => {
    const child = start(kind, '--port', '0', '--step-ms', '5');
    const said = await saidBy(child);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '';
    expect(said).toContain(`fake ${kind} at ${url}, 5 ms a step`);
    expect(said).toMatch(new RegExp(`PROVIDERS='${kind}[+:].*${url.replace('http:', '')}`));
    expect((await fetch(url)).status).toBeGreaterThan(0);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.each([
    [[], 'which backend?'],
    [['midjourney'], 'there is no fake of "midjourney"'],
    [['forge', '--port', 'x'], '--port must be a whole number from 0 to 65535, got "x"'],
    [['forge', 'fal'], 'one backend at a time'],
    [['forge', '--speed', '1'], "Unknown option '--speed'"],
  ])('%j: one clear message', async (args, message) => {
    const child = start(...args);
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(said).toContain(message);
    expect(said).toContain('usage: npm run fake -- forge|comfyui|openai|sdcpp|replicate|fal');
    expect(code).toBe(1);
  });
});
