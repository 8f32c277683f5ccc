// The same instance for programs that import: a client made by one half is known to the other.
import ari from './index.js';

export default ari;

export const { connect, Client, AriPromise, version } = ari;
export * from './generated/errors.js';
export * from './generated/objects.js';
