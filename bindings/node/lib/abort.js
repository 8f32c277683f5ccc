'use strict';
// Giving up waiting by an AbortSignal.

const { fromCore, hide, refusal, setName, withStack } = require('./errors');

/**
 * Who follows which signal. One listener per signal, however many calls it is for: Node warns of a leak when there are
 * more than ten, and a program has one signal for many calls.
 */
const followers = new WeakMap();

/** Calls a function when the signal is aborted, until the function that is returned is called. */
function follow(signal, abort) {
  let followed = followers.get(signal);
  if (followed === undefined) {
    const all = new Set();
    const listener = () => {
      followers.delete(signal);
      for (const each of all) each();
    };
    followed = { all, listener };
    followers.set(signal, followed);
    signal.addEventListener('abort', listener, { once: true });
  }
  const { all, listener } = followed;
  const entry = () => abort();
  all.add(entry);
  return () => {
    all.delete(entry);
    if (all.size > 0 || followers.get(signal) !== followed) return;
    followers.delete(signal);
    signal.removeEventListener('abort', listener);
  };
}

/** What is given as `signal`, checked. */
function signalOf(given, operation, site) {
  if (given === undefined || given === null) return undefined;
  if (
    typeof given === 'object' &&
    typeof given.aborted === 'boolean' &&
    typeof given.addEventListener === 'function'
  ) {
    return given;
  }
  throw refusal(`signal of ${operation} has to be an AbortSignal`, operation, site);
}

/** The error of a call that was given up. */
function aborted(signal, operation, delivery, site) {
  const error = fromCore({
    class: 'AriException',
    message: `${operation} was aborted`,
    delivery,
    operation,
    code: 'ABORT_ERR',
  });
  setName(error, 'AbortError');
  hide(error, 'cause', signal.reason);
  return withStack(error, site);
}

module.exports = { aborted, follow, signalOf };
