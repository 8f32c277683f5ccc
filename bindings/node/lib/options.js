'use strict';
// The options of connect: names as JavaScript writes them, and the defaults of the classic client.

const { types } = require('node:util');
const { refusal } = require('./errors');
const { encode } = require('./json');

/** What the classic client did, where the core does something else by default. */
const DEFAULTS = { reconnect: 'always', first_attempts: 11, unknown_parameters: 'drop' };

/** More tries than there will ever be. */
const FOR_EVER = 4_294_967_295;

/** No string can be longer than this, in Node 18. */
const LONGEST = 536_870_888;

/** Those that this runtime takes for itself. */
const OURS = new Set(['strict', 'maxRetries', 'bigIntegers', 'signal']);

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The core speaks of its own names; programs are told theirs. */
const camel = (text) =>
  text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (name) =>
    name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
  );

/**
 * Reads the options.
 *
 * @param {object} given
 * @returns {{text: string, exact: boolean, strict: boolean, reconnects: boolean}} `text` is what the core takes
 */
function readOptions(given, site) {
  const refuse = (message) => refusal(message, undefined, site);
  if (typeof given !== 'object' || Array.isArray(given) || types.isMap(given))
    throw refuse('the options of connect have to be an object');
  const core = { ...DEFAULTS };
  for (const name of Object.keys(given)) {
    if (OURS.has(name) || given[name] === undefined) continue;
    if (name !== snake(name) && given[snake(name)] !== undefined)
      throw refuse(`option ${name} is given twice`);
    core[snake(name)] = given[name];
  }
  if (flag('strict', given.strict, refuse)) core.unknown_parameters = 'refuse';
  retries(core, given.maxRetries, refuse);
  const members = Object.keys(core).map((name) => {
    const value = types.isUint8Array(core[name]) ? Buffer.from(core[name]).toString() : core[name];
    if (name.startsWith('max_') && name.endsWith('_bytes') && value > LONGEST) {
      throw refuse(`option ${name} has to be at most ${LONGEST}: no text in JavaScript is longer`);
    }
    return `${JSON.stringify(name)}:${encode(value, name, 'connect', site)}`;
  });
  return {
    text: `{${members.join(',')}}`,
    exact: flag('bigIntegers', given.bigIntegers, refuse),
    strict: core.unknown_parameters === 'refuse',
    reconnects: core.reconnect !== 'never',
  };
}

function flag(name, value, refuse) {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw refuse(`option ${name} has to be true or false`);
  return value;
}

/** `maxRetries` is for the first connection and for one that was lost. */
function retries(core, most, refuse) {
  if (most === undefined || most === null) return;
  if (most === Number.POSITIVE_INFINITY) {
    core.first_attempts = FOR_EVER;
  } else if (!Number.isSafeInteger(most) || most < 0) {
    throw refuse('option maxRetries has to be a whole number from 0, or Infinity');
  } else {
    core.first_attempts = most + 1;
    if (most > 0) core.max_reconnects = most;
    else core.reconnect = 'never';
  }
}

module.exports = { camel, readOptions, snake };
