/** The server of `main.ts`, as a process whose only backend makes a tiny image at once, so that the server is what is tested. */
import { runServer } from '../../../packages/server/src/run-server.ts';
import { createScriptedProvider, stepByStep } from '../../../packages/server/src/testing/scripted-provider.ts';

const CONCURRENCY = 8;

runServer(process.env, { providers: [createScriptedProvider(stepByStep, { concurrency: CONCURRENCY })] });
