import * as ari from './index.js';

export * from './index.js';
export default ari;
