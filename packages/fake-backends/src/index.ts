export * from './comfyui/fake-comfyui.ts';
export * from './fake-backend.ts';
export * from './fal/fake-fal.ts';
export * from './forge/fake-forge.ts';
export * from './openai/fake-openai.ts';
export * from './replicate/fake-replicate.ts';
export * from './replicate/replicate-model.ts';
export * from './sdcpp/fake-sdcpp.ts';
