export * from './align';
export * from './change';
export * from './pictures';
export * from './tone';
