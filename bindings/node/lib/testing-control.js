'use strict';
// The commands of a simulator: JSON over HTTP.

const { once } = require('node:events');
const http = require('node:http');
const { callSite } = require('./errors');
const { camel } = require('./options');
const { ExpectationError, SimulatorError } = require('./testing-errors');
const { members, withIds } = require('./testing-given');

const asItIs = (value) => value ?? undefined;

/** An object of the simulator, by the names of JavaScript. */
function named(object) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [camel(name), value]));
}

/** A refused command speaks of names as the simulator has them. What the program gave is in quotes, and stays. */
function inOurNames(message) {
  return message.replace(/"(?:[^"\\]|\\.)*"|\w+/g, (word) => (word[0] === '"' ? word : camel(word)));
}

/** The way to one simulator. */
class Control {
  /** The promises that are not kept yet. */
  #going = new Set();
  #agent = new http.Agent({ keepAlive: true });
  #closed = false;

  constructor(url) {
    this.url = String(url).replace(/\/+$/, '');
  }

  /**
   * Gives a command.
   *
   * @param {string} method
   * @param {string} path encoded
   * @param {object} [fixed] members of the body, or of the query
   * @param {object} [options] further ones, as the program gave them
   * @param {(answer: any) => any} [convert] makes the promise's value of the answer
   */
  send(method, path, fixed, options, convert = asItIs) {
    const site = callSite();
    if (this.#closed) return Promise.reject(new SimulatorError('the simulator is closed', {}, site));
    const promise = this.#exchange(method, path, fixed, options).then(
      ({ status, text }) => {
        this.#going.delete(promise);
        return convert(answerOf(status, text, site));
      },
      (cause) => {
        this.#going.delete(promise);
        if (cause instanceof TypeError) throw cause;
        const how = this.#closed ? 'was closed' : `at ${this.url} did not answer: ${cause.message}`;
        throw new SimulatorError(`the simulator ${how}`, { cause }, site);
      },
    );
    this.#going.add(promise);
    return promise;
  }

  async #exchange(method, path, fixed, options) {
    const command = withIds({ ...members(options), ...fixed });
    const asks = method === 'GET' || method === 'DELETE';
    const query = asks ? String(new URLSearchParams(command)) : '';
    const body = asks ? '' : JSON.stringify(command);
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const url = `${this.url}/${path}${query && `?${query}`}`;
    const request = http.request(url, { agent: this.#agent, method, headers });
    request.end(body);
    const [response] = await once(request, 'response');
    let text = '';
    for await (const piece of response.setEncoding('utf8')) text += piece;
    return { status: response.statusCode, text };
  }

  /** Ends what is under way. That nobody waits for it any more is no unhandledRejection. */
  close() {
    this.#closed = true;
    for (const promise of this.#going) promise.catch(() => {});
    this.#agent.destroy();
  }
}

/** The value of an answer; throws what it refuses. */
function answerOf(status, text, site) {
  let value;
  try {
    value = text === '' ? null : JSON.parse(text);
  } catch (cause) {
    throw new SimulatorError('what answered is no simulator', { status, cause }, site);
  }
  if (status === 200 || status === 204) return value;
  const message = value?.message ?? `the simulator answered with ${status}`;
  if (status === 417) throw new ExpectationError(message, site);
  throw new SimulatorError(status === 400 ? inOurNames(message) : message, { status }, site);
}

module.exports = { Control, inOurNames, named };
