'use strict';
// Promises as programs for the classic client know them: with `done`, and harmless when nobody looks at a failure.

const { inspect } = require('node:util');
const { NotFoundException, IllegalStateException } = require('../generated/errors');
const { refusal } = require('./errors');
const { raise } = require('./port');

const nativeThen = Promise.prototype.then;

/** While it is set, `then` gives ordinary promises: for what this module attaches itself. */
let plain = false;

/** `then` that does not count as handling and gives an ordinary promise. */
function watch(promise, ok, bad) {
  plain = true;
  try {
    nativeThen.call(promise, ok, bad);
  } finally {
    plain = false;
  }
}

/**
 * A promise whose rejection, when nobody handles it, is a process warning instead of the end of the process.
 *
 * `await`, `then`, `catch`, `finally` and the combinators of Promise count as handling; what `then` gives is again such
 * a promise.
 */
class AriPromise extends Promise {
  #handled = false;

  constructor(executor) {
    super(executor);
    watch(this, undefined, (error) => this.#rejected(error));
  }

  static get [Symbol.species]() {
    return plain ? Promise : AriPromise;
  }

  #rejected(error) {
    if (this.#handled) return;
    process.nextTick(() => {
      if (!this.#handled) warn(error);
    });
  }

  // biome-ignore lint/suspicious/noThenProperty: it is one, and has to know who listens.
  then(ok, bad) {
    this.#handled = true;
    return super.then(ok, bad);
  }

  /** The end of a chain: a failure that was not handled on the way is an uncaughtException. */
  done(ok, bad) {
    if (ok === undefined && bad === undefined) {
      // Whoever was called back has been told already.
      if (!this.#handled) AriPromise.observe(this, undefined, raise);
    } else {
      AriPromise.observe(this.then(ok, bad), undefined, raise);
    }
  }

  /** Has these called, which handle the promise. They must not throw. */
  static observe(promise, ok, bad) {
    promise.#handled = true;
    watch(promise, ok, bad);
  }
}

function warn(error) {
  const failed = error?.operation ? `${error.operation} failed` : 'a call failed';
  // Anything can be a reason; not all of it can be made a text.
  const known = error instanceof Error;
  process.emitWarning(`${failed}, and nobody handled it: ${known ? error.message : inspect(error)}`, {
    type: 'AriWarning',
    code: 'ARI_UNHANDLED',
    detail: known ? error.stack : undefined,
  });
}

/** Refuses a callback that cannot be called, before anything is done. */
function checkCallback(callback, what, site) {
  if (callback === undefined || callback === null || typeof callback === 'function') return;
  throw refusal(`the callback of ${what} has to be a function, not a ${typeof callback}`, undefined, site);
}

/** Calls a function of the program's; what it throws is an uncaughtException. */
function invoke(callback, ...values) {
  try {
    callback(...values);
  } catch (error) {
    raise(error);
  }
}

/**
 * Tells a node-style callback, or `{success, error}` handlers, how a promise ends.
 *
 * Of handlers, `error` gets what can happen to anybody in a telephone system: what is asked for is gone (404) or not in
 * the state for it (409, 412). Everything else rejects the promise.
 *
 * @param {AriPromise} promise
 * @param {Function | {success?: Function, error?: Function} | undefined} handlers
 * @returns {AriPromise}
 */
function settle(promise, handlers) {
  if (handlers === undefined) return promise;
  if (typeof handlers === 'function') {
    AriPromise.observe(
      promise,
      (value) => invoke(handlers, null, value),
      (error) => invoke(handlers, error),
    );
    return promise;
  }
  const { success, error: failure } = handlers;
  return new AriPromise((resolve, reject) => {
    AriPromise.observe(
      promise,
      (value) => {
        if (success) invoke(success, value);
        resolve(value);
      },
      (error) => {
        const expected = error instanceof NotFoundException || error instanceof IllegalStateException;
        if (!failure || !expected) return reject(error);
        invoke(failure, error);
        return resolve(undefined);
      },
    );
  });
}

module.exports = { AriPromise, checkCallback, settle };
