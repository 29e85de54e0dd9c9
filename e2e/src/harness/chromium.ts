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
  // Names of other sites, and of this machine in a network. Browsers treat them like every name that is not `localhost`.
  '--host-resolver-rules=MAP *.test 127.0.0.1',
];

/** How the machine's own Chromium is started. */
export function launchOptions(): LaunchOptions {
  return { executablePath: pathOf('chromium'), args: ARGS };
}

/** One browser, to be shared by everything that connects to its endpoint. */
export function startBrowser(): Promise<BrowserServer> {
  return chromium.launchServer(launchOptions());
}
