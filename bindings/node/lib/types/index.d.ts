// What does not come from Asterisk's description.

export * from './calls';
export * from './client';
export * from './listening';
