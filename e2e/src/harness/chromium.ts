import { pathOf } from '@darkroom/server/src/testing/machine.ts';
import { type BrowserServer, chromium, type LaunchOptions } from 'playwright-core';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How the machine's own Chromium is started. */
export function launchOptions(): LaunchOptions {
  return { executablePath: pathOf('chromium'), args: ARGS };
}

/** One browser, to be shared by everything that connects to its endpoint. */
export function startBrowser(): Promise<BrowserServer> {
  return chromium.launchServer(launchOptions());
}
