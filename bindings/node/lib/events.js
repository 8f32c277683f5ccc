'use strict';
// Events by iteration: for await (const event of client.events('app')).

const { aborted, follow, signalOf } = require('./abort');
const { CORE } = require('./call');
const { Connection } = require('./connection');
const { callSite, refusal } = require('./errors');
const { encode } = require('./json');
const { AriPromise } = require('./promise');

/** The operation that opens an event connection. */
const OPENING = 'events.eventWebsocket';

/**
 * The events of one connection, in order; handlers of an event are called before it is given out. It is connected from
 * the beginning, and closed by `return()`, `close()` or the end of a loop.
 */
class EventIterator {
  #core;
  #connection;
  /** Events nobody has asked for yet. */
  #events = [];
  /** Those who have asked and wait. */
  #waiting = [];
  #opened;
  /** `undefined` while there may be more, then null or the error it ended with, which one of the readers gets. */
  #end;
  #unfollow;

  constructor(core, operation, text, signal, site) {
    this.#core = core;
    this.#opened = new AriPromise((resolve, reject) => {
      const starting = { resolve: () => resolve(this), reject };
      if (signal?.aborted) throw aborted(signal, operation, 'not sent', site);
      core.registry.read(1);
      try {
        this.#connection = new Connection(core, operation, text, starting, this, site);
      } catch (error) {
        core.registry.read(-1);
        throw error;
      }
      if (signal === undefined) return;
      this.#unfollow = follow(signal, () => {
        const error = aborted(signal, operation, 'outcome unknown', site);
        reject(error);
        this.end(error);
        this.#connection.close();
      });
    });
    // Who iterates is told by the iteration.
    AriPromise.observe(this.#opened, undefined, (error) => this.end(error));
  }

  /** A promise of this, once it is connected. */
  opened() {
    return this.#opened.then((iterator) => iterator);
  }

  /** How many events wait. */
  get size() {
    return this.#events.length;
  }

  push(event) {
    if (this.#end !== undefined) return;
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#events.push(event);
    else reader.resolve({ value: event, done: false });
  }

  end(error) {
    if (this.#end !== undefined) return;
    this.#unfollow?.();
    if (this.#connection !== undefined) this.#core.registry.read(-1);
    this.#end = error;
    if (this.#waiting.length > 0 && error !== null) {
      this.#waiting.shift().reject(error);
      this.#end = null;
    }
    for (const reader of this.#waiting.splice(0)) reader.resolve(done());
  }

  next() {
    if (this.#events.length > 0) {
      const value = this.#events.shift();
      if (this.#events.length === 0) this.#connection.resume();
      return Promise.resolve({ value, done: false });
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    const error = this.#end;
    this.#end = null;
    return error === null ? Promise.resolve(done()) : Promise.reject(error);
  }

  /** Closes the connection. */
  close() {
    this.#events = [];
    this.#connection?.close();
    this.end(null);
    this.#end = null;
  }

  return(value) {
    this.close();
    return Promise.resolve({ value, done: true });
  }

  throw(error) {
    this.close();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

const done = () => ({ value: undefined, done: true });

/**
 * The arguments that open an event connection, as JSON.
 *
 * @param {string | string[]} apps
 * @param {unknown} subscribeAll
 */
function openingArguments(apps, subscribeAll, site) {
  const app = encode(apps, 'app', OPENING, site) ?? 'null';
  if (subscribeAll === undefined || subscribeAll === null || subscribeAll === false) return `{"app":${app}}`;
  return `{"app":${app},"subscribeAll":${encode(subscribeAll, 'subscribeAll', OPENING, site)}}`;
}

/**
 * `client.events`: a function that gives an iteration, with the operations of the resource.
 *
 * @param {object} client
 * @param {object} resource
 */
function callableEvents(client, resource) {
  const events = (apps, options) => {
    const site = callSite(events);
    if (typeof (options ?? {}) !== 'object') {
      throw refusal(
        `the options of client.events have to be an object, not a ${typeof options}`,
        OPENING,
        site,
      );
    }
    const { subscribeAll, signal } = options ?? {};
    const text = openingArguments(apps, subscribeAll, site);
    return new EventIterator(client[CORE], OPENING, text, signalOf(signal, OPENING, site), site);
  };
  return Object.assign(events, resource);
}

module.exports = { EventIterator, OPENING, callableEvents, openingArguments };
