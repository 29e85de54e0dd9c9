export {
  type ClientOptions,
  type CreateJobInput,
  createClient,
  type DarkroomClient,
  type JobPage,
  type ListJobsOptions,
} from './client.ts';
export { DarkroomError, type FailureDetails, isDarkroomError } from './darkroom-error.ts';
export {
  browserEnvironment,
  type Environment,
  type EnvironmentSignal,
  type KeyValueStorage,
  memoryStorage,
  nodeEnvironment,
} from './environment.ts';
export type { DemotionReason, JobWatch, WatchPhase, WatchState } from './watch-state.ts';
export { prepareWatching } from './watches.ts';
