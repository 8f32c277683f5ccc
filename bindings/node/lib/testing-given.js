'use strict';
// What a test gives, as the simulator takes it.

const { types } = require('node:util');
const { snake } = require('./options');
const { DomainObject } = require('./objects');

/** The members of an object by the simulator's names. */
function members(given, what = 'the options have') {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new TypeError(`${what} to be an object, not ${JSON.stringify(given)}`);
  }
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [snake(name), value]));
}

/** Telephones by name: objects, or what the simulator knows by itself. */
function phonesOf(phones) {
  if (typeof phones !== 'object' || phones === null || Array.isArray(phones)) return phones;
  const does = (what) => (typeof what === 'object' ? members(what, 'a telephone has') : what);
  return Object.fromEntries(Object.entries(phones).map(([name, what]) => [name, does(what)]));
}

/** Extensions and callers are texts, and often numbers in a test. */
function textOf(given) {
  return typeof given === 'number' ? String(given) : (given ?? undefined);
}

/** Variables are text in Asterisk. */
function textsOf(variables) {
  if (typeof variables !== 'object' || variables === null) return variables;
  const there = Object.entries(variables).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(there.map(([name, value]) => [name, String(value)]));
}

/** A record stands for its number. */
function since(options) {
  const after = options?.after;
  return { after: after?.seq ?? after ?? 0 };
}

/** Members of a command that hold what something in Asterisk is like: how one without an id is named there. */
const NAMED = {
  arguments: (identity) => Object.values(identity).join('/'),
  fields: (identity) => identity,
};

/** A command in which a call, and any other instance, stands for its id. */
function withIds(command) {
  const given = Object.entries(command);
  return Object.fromEntries(
    given.map(([name, value]) => [name, Object.hasOwn(NAMED, name) ? idsIn(value, NAMED[name]) : value]),
  );
}

function idsIn(value, named) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => idsIn(item, named));
  if (types.isPromise(value)) throw new TypeError('a promise cannot be expected; it has to be awaited first');
  if (isPlain(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, idsIn(item, named)]));
  }
  if (typeof value.id === 'string') return value.id;
  return value instanceof DomainObject ? named(identityOf(value)) : value;
}

/** Whether its members are what is meant; there may be more than one `Object.prototype`. */
function isPlain(object) {
  const prototype = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function identityOf(instance) {
  const { identity } = Object.getPrototypeOf(instance).constructor;
  return Object.fromEntries(identity.map(([, field]) => [field, instance[field]]));
}

module.exports = { members, phonesOf, since, textOf, textsOf, withIds };
