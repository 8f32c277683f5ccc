'use strict';
// How a test learns that something was not so.

const { AssertionError } = require('node:assert');
const { setName, withStack } = require('./errors');

/** What was expected did not happen; the message says what happened instead. Test runners show it as a failed assertion. */
class ExpectationError extends AssertionError {
  constructor(message, site) {
    // The one operator that needs no values to be compared: runners show the message and nothing else.
    super({ message, operator: 'fail' });
    setName(this, 'ExpectationError');
    withStack(this, site);
  }
}

/** The simulator could not do what it was told, or is not there. */
class SimulatorError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, cause?: Error}} [known] `status` is 400 (the question was wrong), 404 or 409 (not now)
   */
  constructor(message, { status = null, cause } = {}, site = undefined) {
    super(message, cause === undefined ? undefined : { cause });
    setName(this, 'SimulatorError');
    this.status = status;
    withStack(this, site);
  }
}

module.exports = { ExpectationError, SimulatorError };
