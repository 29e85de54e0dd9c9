export * from './fake-backend.ts';
export * from './forge/fake-forge.ts';
export * from './openai/fake-openai.ts';
export * from './sdcpp/fake-sdcpp.ts';
