'use strict';
// Calls of operations: from the forms in which programs give arguments to the core, and from its answer to the result.

const { types } = require('node:util');
const { aborted, follow, signalOf } = require('./abort');
const { callSite, fromCore, fromThrown, refusal } = require('./errors');
const { decode, encode } = require('./json');
const { KIND, abandon, drop, register } = require('./port');
const { AriPromise, settle } = require('./promise');

/** Hidden property of a client: what the runtime has of it. */
const CORE = Symbol('core');

const NOTHING = Object.freeze({});

/** Operation and name of what has been warned of; a program that makes names up must not fill the memory. */
const warned = new Set();
const MOST_WARNINGS = 1000;

/**
 * Calls an operation of a resource.
 *
 * @param {object} client
 * @param {object} spec of generated/operations.js
 * @param {object | Function | null} [options] the arguments by name, or what follows if there are none
 * @param {Function | {success?: Function, error?: Function}} [handlers]
 * @returns {AriPromise}
 */
function call(client, spec, options, handlers) {
  return perform(client[CORE], spec, options, handlers, NOTHING, callSite(call));
}

/**
 * The same with arguments that stand whatever the options say.
 *
 * @param {object} core
 * @param {object} fixed
 */
function perform(core, spec, options, handlers, fixed, site) {
  let told = handlers;
  let given = options;
  if (typeof given === 'function') {
    told = given;
    given = NOTHING;
  } else if (given === undefined || given === null) {
    given = NOTHING;
  }
  let promise;
  try {
    if (typeof given !== 'object' || Array.isArray(given) || types.isMap(given) || types.isSet(given)) {
      const kind = typeof given === 'object' ? `a ${given.constructor.name}` : `a ${typeof given}`;
      throw refusal(
        `${spec.id} takes its arguments as one object of names and values, not ${kind}`,
        spec.id,
        site,
      );
    }
    if (told === undefined || told === null) told = handlersIn(given, spec);
    else checkHandlers(told, spec, site);
    const text = argumentsOf(core, spec, given, fixed, site);
    const signal = spec.parameters.includes('signal') ? undefined : signalOf(given.signal, spec.id, site);
    if (spec.upgrade) {
      promise = core.iterate(spec.id, text, signal, site).opened();
    } else {
      const begin = (ticket) => core.native.call(ticket, spec.id, text);
      promise = ask(core, spec.id, begin, (value) => resultOf(core, spec, value), signal, site);
    }
  } catch (error) {
    promise = AriPromise.reject(error);
    if (typeof told !== 'function' && typeof told !== 'object') told = undefined;
  }
  return settle(promise, told ?? undefined);
}

/** Handlers may stand among the options, unless the operation has parameters of these names. */
function handlersIn(options, spec) {
  const { success, error } = options;
  const some = typeof success === 'function' || typeof error === 'function';
  if (!some || spec.parameters.includes('success') || spec.parameters.includes('error')) return undefined;
  return { success: functionOf(success), error: functionOf(error) };
}

const functionOf = (value) => (typeof value === 'function' ? value : undefined);

function checkHandlers(told, spec, site) {
  if (typeof told === 'function') return;
  const both = typeof told === 'object' && !Array.isArray(told) ? [told.success, told.error] : [told];
  if (both.every((each) => each === undefined || each === null || typeof each === 'function')) return;
  throw refusal(
    `${spec.id} takes a function, or an object of the functions success and error, after its arguments`,
    spec.id,
    site,
  );
}

/** The arguments as the JSON object that the core takes. */
function argumentsOf(core, spec, options, fixed, site) {
  const members = [];
  for (const name of spec.parameters) {
    const value = name in fixed ? fixed[name] : options[name];
    if (value === undefined) continue;
    const text = encode(value, name, spec.id, site);
    if (text !== undefined) members.push(`"${name}":${text}`);
  }
  for (const name of Object.keys(options)) {
    if (spec.parameters.includes(name) || options[name] === undefined || isOurs(name, options[name]))
      continue;
    // The name is enough for the core to refuse it, or to leave it out, as the options of the client say.
    members.push(`${JSON.stringify(name)}:null`);
    if (!core.strict) warnOfUnknown(spec, name);
  }
  return `{${members.join(',')}}`;
}

function isOurs(name, value) {
  if (name === 'signal') return true;
  return (name === 'success' || name === 'error') && (value === null || typeof value === 'function');
}

function warnOfUnknown(spec, name) {
  const key = `${spec.id} ${name}`;
  if (warned.has(key) || warned.size >= MOST_WARNINGS) return;
  warned.add(key);
  const names = spec.parameters.length > 0 ? spec.parameters.join(', ') : 'none';
  process.emitWarning(
    `${spec.id} has no parameter ${JSON.stringify(name)}, which is not sent; its parameters: ${names}`,
    {
      type: 'AriWarning',
      code: 'ARI_UNKNOWN_PARAMETER',
    },
  );
}

/**
 * Asks the core for something that has one answer.
 *
 * @param {object} core
 * @param {string} what name of it, for errors
 * @param {(ticket: number) => void} begin
 * @param {(value: unknown) => unknown} convert makes the result of JSON
 * @param {AbortSignal | undefined} signal
 */
function ask(core, what, begin, convert, signal, site) {
  return new AriPromise((resolve, reject) => {
    if (signal?.aborted) {
      reject(aborted(signal, what, 'not sent', site));
      return;
    }
    let unfollow;
    const receive = (kind, value, contentType) => {
      drop(ticket);
      unfollow?.();
      if (kind === KIND.ERROR) reject(fromCore(value, site));
      else answer(kind, value, contentType);
    };
    const answer = (kind, value, contentType) => {
      try {
        if (kind === KIND.JSON) resolve(convert(decode(value, core.exact)));
        else if (kind === KIND.BINARY)
          resolve(Object.defineProperty(value, 'contentType', { value: contentType }));
        else resolve(undefined);
      } catch (error) {
        reject(error);
      }
    };
    const ticket = register({ receive });
    try {
      begin(ticket);
    } catch (error) {
      drop(ticket);
      reject(fromThrown(error, site));
      return;
    }
    if (signal !== undefined) {
      unfollow = follow(signal, () => {
        abandon(ticket);
        reject(aborted(signal, what, 'outcome unknown', site));
      });
    }
  });
}

/** Instances of what are domain objects, the rest as it came. */
function resultOf(core, spec, value) {
  if (spec.returns === null) return value;
  const Class = core.classes[spec.returns];
  if (Class === undefined) return value;
  const one = (each) => (isObject(each) ? new Class(core.client, undefined, each) : each);
  return spec.many && Array.isArray(value) ? value.map(one) : one(value);
}

/** Whether JSON is an object, and no list and no null. */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

module.exports = { CORE, NOTHING, ask, call, isObject, perform };
