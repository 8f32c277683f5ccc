'use strict';
// Errors of the core as JavaScript errors. The family itself is generated.

const { sep, join } = require('node:path');

const PACKAGE = join(__dirname, '..') + sep;

/** What every error of the family has besides the message; null where there is none. */
const FIELDS = ['status', 'reason', 'delivery', 'operation', 'method', 'path', 'body', 'advice', 'code'];

/** The base of the family: an Error with what is known of the failure. */
class Failure extends Error {
  /** The family, by name: the generated module sets it. */
  static family = {};

  /**
   * @param {string} [message]
   * @param {object} [details] values of `FIELDS`
   */
  constructor(message, details = {}) {
    super(message);
    setName(this, new.target.name);
    for (const field of FIELDS) this[field] = details[field] ?? null;
    // The message says it already; a page of HTML is nothing for a log.
    hide(this, 'body', this.body);
  }
}

/** Sets what one does not want to see among the fields. */
function hide(error, field, value) {
  Object.defineProperty(error, field, { value, enumerable: false, configurable: true, writable: true });
}

function setName(error, name) {
  hide(error, 'name', name);
}

/**
 * Remembers who calls, for the stack of an error that may come of it later.
 *
 * @param {Function} callee whose own frame, and what it calls, is left out
 */
function callSite(callee) {
  const site = {};
  Error.captureStackTrace(site, callee);
  return site;
}

/** The error for what the core says: an object, or its JSON. */
function fromCore(told, site) {
  const details = typeof told === 'string' ? JSON.parse(told) : told;
  const { family } = Failure;
  const Class = Object.hasOwn(family, details.class) ? family[details.class] : family.AriException;
  const { message: reason = null, status, body, advice } = details;
  const answered = status !== null && status !== undefined;
  // Programs parse the body that Asterisk sends, out of the message. A page of HTML it sends to browsers only.
  let message = answered && body && !body.trimStart().startsWith('<') ? body : reason;
  if (!answered && advice) message = `${reason} (${advice})`;
  return withStack(new Class(message, { ...details, reason }), site);
}

/** The error in what the addon throws: the message is its JSON. What is something else stays what it is. */
function fromThrown(thrown, site) {
  let details;
  try {
    details = JSON.parse(thrown.message);
  } catch {
    return thrown;
  }
  return typeof details?.class === 'string' ? fromCore(details, site) : thrown;
}

/** The error for arguments that are refused here; nothing was sent. */
function refusal(message, operation, site) {
  return fromCore({ class: 'IllegalInputException', message, delivery: 'not sent', operation }, site);
}

/** Gives an error the stack of its call: where the answer came in helps nobody. */
function withStack(error, site) {
  if (site === undefined) return error;
  const stack = String(site.stack).split('\n').slice(1);
  const outside = stack.filter(
    (line) => !line.includes(`${PACKAGE}lib${sep}`) && !line.includes(`${PACKAGE}generated${sep}`),
  );
  const value = [`${error.name}: ${error.message}`, ...outside].join('\n');
  hide(error, 'stack', value);
  return error;
}

module.exports = { Failure, callSite, fromCore, fromThrown, hide, refusal, setName, withStack };
