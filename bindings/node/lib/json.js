'use strict';
// JSON in both directions. What it cannot say is refused instead of being changed in silence, as JSON.stringify does.

const { randomUUID } = require('node:crypto');
const { types } = require('node:util');
const { refusal } = require('./errors');

/** Deeper than any JSON Asterisk reads; a list that contains itself ends here. */
const DEPTH = 100;

/** Half of a surrogate pair. */
const LONE = /\p{Surrogate}/u;

class Unsayable extends Error {}

/**
 * One value as JSON.
 *
 * @param {unknown} value
 * @param {string} name what it was given for, of `operation`
 * @param {string} operation
 * @returns {string | undefined} nothing for what counts as not given
 */
function encode(value, name, operation, site) {
  // Most arguments are texts and numbers.
  if (typeof value === 'string' && !LONE.test(value)) return JSON.stringify(value);
  try {
    return write(value, DEPTH);
  } catch (error) {
    if (error instanceof Unsayable)
      throw refusal(`${name} of ${operation} ${error.message}`, operation, site);
    throw error;
  }
}

function write(value, depth) {
  switch (typeof value) {
    case 'string':
      if (LONE.test(value)) throw new Unsayable('holds half of a surrogate pair, which is no text');
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new Unsayable(`cannot be ${value}`);
      return String(value);
    case 'bigint':
      if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new Unsayable('does not fit 64 bits');
      return String(value);
    case 'boolean':
      return String(value);
    case 'undefined':
      return undefined;
    case 'object':
      return value === null ? 'null' : writeObject(value, depth);
    default:
      throw new Unsayable(`cannot be a ${typeof value}`);
  }
}

/** Of these, JSON would see no members, or those of their insides. */
const REFUSED = [
  'isMap',
  'isSet',
  'isWeakMap',
  'isWeakSet',
  'isRegExp',
  'isAnyArrayBuffer',
  'isArrayBufferView',
  'isNativeError',
];

function writeObject(value, depth) {
  if (depth === 0) throw new Unsayable('is nested too deeply, or contains itself');
  if (Array.isArray(value)) {
    // Not map(), which leaves holes out.
    return `[${Array.from(value, (item) => write(item, depth - 1) ?? 'null').join(',')}]`;
  }
  if (types.isPromise(value)) throw new Unsayable('cannot be a promise; it has to be awaited first');
  if (REFUSED.some((is) => types[is](value))) {
    throw new Unsayable(`cannot be a ${value.constructor?.name ?? 'value of this kind'}`);
  }
  if (typeof value.toJSON === 'function') return write(value.toJSON(), depth - 1);
  if (types.isBoxedPrimitive(value)) return write(value.valueOf(), depth - 1);
  const members = [];
  for (const name of Object.keys(value)) {
    const written = write(value[name], depth - 1);
    if (written !== undefined) members.push(`${write(name, depth)}:${written}`);
  }
  return `{${members.join(',')}}`;
}

/** What stands before the digits of a large integer on its way through JSON.parse; no text of the server's begins so. */
const MARK = `${randomUUID()}:`;

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Reads JSON as JSON.parse does; with `exact`, integers that a number cannot hold are BigInt. */
function decode(text, exact) {
  // Fewer than 16 digits always fit.
  if (!exact || !/\d{16}/.test(text)) return JSON.parse(text);
  const marked = text.replace(TOKEN, (token) =>
    token.length > 15 && /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token))
      ? `"${MARK}${token}"`
      : token,
  );
  const top = { value: JSON.parse(marked) };
  // No reviver: it would fail at what is nested deeply, which the server decides.
  const left = [top];
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    for (const name of Object.keys(each)) {
      const value = each[name];
      if (typeof value === 'object' && value !== null) left.push(value);
      else if (typeof value === 'string' && value.startsWith(MARK)) {
        Object.defineProperty(each, name, {
          value: BigInt(value.slice(MARK.length)),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
    }
  }
  return top.value;
}

module.exports = { decode, encode };
