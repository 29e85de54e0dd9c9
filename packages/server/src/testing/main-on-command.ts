/**
 * The server of `main.ts`, as a process whose `sketch:` backends make a step only when the parent process permits it, by
 * Node's IPC channel (`StepCommand`). It begins without permits, and ends when the channel closes.
 */
import { StepGate } from '@darkroom/fake-backends';
import { runServer } from '../run-server.ts';
import { StepCommand } from './step-command.ts';
import { steppedSketch } from './stepped-sketch.ts';

const steps = new StepGate({ steps: 0 });

process.on('message', (message) => {
  const command = StepCommand.parse(message);
  if ('pause' in command) steps.pause();
  else steps.allow(command.allow === 'all' ? Number.POSITIVE_INFINITY : command.allow);
});
process.on('disconnect', () => process.exit(1));

if (!process.connected) {
  console.error('main-on-command: to be started with an IPC channel');
  process.exit(1);
}

runServer(process.env, steppedSketch(steps));
