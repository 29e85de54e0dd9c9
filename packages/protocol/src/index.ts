export * from './apply-event.ts';
export * from './conversation.ts';
export * from './errors.ts';
export * from './http.ts';
export * from './image-api.ts';
export * from './job.ts';
export * from './limits.ts';
export * from './messages.ts';
