export * from './fake-backend.ts';
export * from './forge/fake-forge.ts';
