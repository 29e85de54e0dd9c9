/** The server of `main.ts`, as a process whose only backend makes a tiny image at once, so that the server is what is tested. */
import { runServer } from '../../../packages/server/src/run-server.ts';
import { createScriptedProvider, stepByStep } from '../../../packages/server/src/testing/scripted-provider.ts';

const CONCURRENCY = 8;

const backend = createScriptedProvider(stepByStep, { concurrency: CONCURRENCY, remembers: false });

runServer(process.env, { providers: [backend] });
