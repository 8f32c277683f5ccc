// The same instance for tests that import.
import testing from './testing.js';

export const { Call, ExpectationError, Simulator, SimulatorError } = testing;
