'use strict';
// The client: what belongs to one server.

const { EventEmitter } = require('node:events');
const { inspect } = require('node:util');
const { clientCalls } = require('../generated/client');
const { EVENTS } = require('../generated/events');
const objects = require('../generated/objects');
const { resources } = require('../generated/resources');
const { signalOf } = require('./abort');
const { CORE, NOTHING, ask, perform } = require('./call');
const { Connection } = require('./connection');
const { callSite, refusal } = require('./errors');
const { EventIterator, OPENING, callableEvents, openingArguments } = require('./events');
const { Registry } = require('./handlers');
const { encode } = require('./json');
const native = require('./native');
const { AriPromise, checkCallback, settle } = require('./promise');

/** What the library says in the stream itself: the runtime always wants to know. */
const LIBRARY = Object.keys(EVENTS).filter((type) => EVENTS[type].library);

/** What the runtime has of a client. */
class Core {
  connections = new Set();

  constructor(client, addon, { exact, strict, reconnects }) {
    this.client = client;
    /** The classes of domain objects: they are built on modules that need them. */
    this.classes = objects;
    this.native = addon;
    this.exact = exact;
    this.strict = strict;
    this.reconnects = reconnects;
    this.registry = new Registry(addon);
    for (const type of LIBRARY) addon.notice(type);
  }

  iterate(operation, text, signal, site) {
    return new EventIterator(this, operation, text, signal, site);
  }
}

/** The client of one Asterisk, made by `connect`. */
class Client extends EventEmitter {
  constructor(addon, settings) {
    super();
    if (!(addon instanceof native.Client)) throw new TypeError('a client is made by connect()');
    this.setMaxListeners(0);
    Object.defineProperty(this, CORE, { value: new Core(this, addon, settings) });
    for (const [name, make] of Object.entries(resources)) {
      this[name] = name === 'events' ? callableEvents(this, make(this)) : make(this);
    }
    for (const [name, Class] of Object.entries(objects)) {
      const client = this;
      // No arrow function: some write `new client.Channel()`.
      this[name] = function instance(id, values) {
        return new Class(client, id, values);
      };
    }
    for (const [name, { operation, path }] of Object.entries(clientCalls)) {
      this[name] = (...given) => byPosition(this[CORE], name, operation, path, given, callSite(this[name]));
    }
  }

  /** Address of the server, without credentials. */
  get baseUrl() {
    return this[CORE].native.baseUrl;
  }

  /** Release of the server; null as long as it is not known. */
  get serverVersion() {
    return this[CORE].native.serverVersion;
  }

  /**
   * Registers the applications and opens their event connection.
   *
   * @param {string | string[]} apps
   * @param {boolean | Function} [subscribeAll]
   * @param {Function} [callback]
   * @returns {AriPromise<void>} settled when the connection is open, or given up
   */
  start(apps, subscribeAll, callback) {
    const site = callSite(this.start);
    const told = typeof subscribeAll === 'function' ? subscribeAll : callback;
    const all = typeof subscribeAll === 'function' ? false : subscribeAll;
    const promise = new AriPromise((resolve, reject) => {
      checkCallback(told, 'start', site);
      const text = openingArguments(apps, all, site);
      new Connection(
        this[CORE],
        OPENING,
        text,
        { resolve: () => resolve(undefined), reject },
        undefined,
        site,
      );
    });
    return settle(promise, typeof told === 'function' ? told : undefined);
  }

  /** Closes the event connections; calls go on working, and `start` works again. */
  stop() {
    for (const connection of [...this[CORE].connections]) connection.close();
  }

  /** The same as `stop`. */
  close() {
    this.stop();
  }

  /** Pings the server on the event connections, as far as there are any; `pong` is emitted when it answers. */
  ping() {
    for (const connection of this[CORE].connections) connection.ping();
  }

  /**
   * Sends a request the library has no method for.
   *
   * @param {string} method
   * @param {string} path below /ari, percent-encoded
   * @param {object | Iterable<[string, unknown]> | null} [query] lists are joined by commas, null is left out
   * @param {unknown} [body] sent as JSON
   * @param {{signal?: AbortSignal}} [options]
   */
  request(method, path, query, body, options) {
    const site = callSite(this.request);
    const core = this[CORE];
    try {
      for (const [name, value] of Object.entries({ method, path })) {
        if (typeof value !== 'string')
          throw refusal(`the ${name} of a request has to be a string`, undefined, site);
      }
      const pairs = JSON.stringify(queryPairs(query, site));
      const json = body === undefined || body === null ? null : encode(body, 'body', 'request', site);
      const signal = signalOf(options?.signal, 'request', site);
      const begin = (ticket) => core.native.request(ticket, method, path, pairs, json);
      return ask(core, 'request', begin, (value) => value, signal, site);
    } catch (error) {
      return AriPromise.reject(error);
    }
  }

  /**
   * Calls `handler(event, resources)` for each event of a type, after the listeners of the EventEmitter; `'*'` stands for
   * every type, the library's own too. Handlers are called in the order of registration, whatever they are on.
   *
   * @returns {{close(): void}}
   */
  addEventHandler(type, handler) {
    return this[CORE].registry.handle(null, type, handler);
  }

  /** Takes back what `addEventHandler` registered; false when there is nothing. */
  removeEventHandler(type, handler) {
    return this[CORE].registry.unhandle(null, type, handler);
  }

  on(type, listener) {
    super.on(type, listener);
    return this.#heard(type);
  }

  addListener(type, listener) {
    return this.on(type, listener);
  }

  prependListener(type, listener) {
    super.prependListener(type, listener);
    return this.#heard(type);
  }

  off(type, listener) {
    super.off(type, listener);
    return this.#heard(type);
  }

  removeListener(type, listener) {
    return this.off(type, listener);
  }

  removeAllListeners(type) {
    const types = type === undefined ? this.eventNames() : [type];
    if (type === undefined) super.removeAllListeners();
    else super.removeAllListeners(type);
    for (const each of types) this.#heard(each);
    return this;
  }

  /** Tells the core whether events of a type are wanted. */
  #heard(type) {
    this[CORE].registry.hear(type, this.listenerCount(type) > 0);
    return this;
  }

  toJSON() {
    return { baseUrl: this.baseUrl, serverVersion: this.serverVersion };
  }

  [inspect.custom](_depth, options, show = inspect) {
    return `Client ${show(this.toJSON(), options)}`;
  }
}

/** A call of the client itself: what identifies the object may be given by position. */
function byPosition(core, name, spec, path, given, site) {
  const options = {};
  let at = 0;
  while (at < path.length && at < given.length && ['string', 'number', 'bigint'].includes(typeof given[at])) {
    options[path[at]] = given[at];
    at += 1;
  }
  if (at === 0) return perform(core, spec, given[0], given[1], NOTHING, site);
  const [next, after] = given.slice(at);
  if (typeof next === 'function' || next === undefined || next === null) {
    return perform(core, spec, options, typeof next === 'function' ? next : after, NOTHING, site);
  }
  if (typeof next !== 'object') {
    const error = refusal(
      `${name} takes ${path.join(', ') || 'nothing'} by position; the rest is given by name`,
      spec.id,
      site,
    );
    return settle(AriPromise.reject(error), typeof after === 'function' ? after : undefined);
  }
  return perform(core, spec, { ...next, ...options }, after, NOTHING, site);
}

/** Names and values as texts; what is not given is left out. */
function queryPairs(query, site) {
  if (query === undefined || query === null) return [];
  const refuse = (message) => refusal(message, undefined, site);
  if (typeof query !== 'object')
    throw refuse('the query has to be an object of names and values, or pairs of them');
  const pairs = typeof query[Symbol.iterator] === 'function' ? [...query] : Object.entries(query);
  const texts = [];
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') {
      throw refuse('the query has to be an object of names and values, or pairs of them');
    }
    const [name, value] = pair;
    if (value === undefined || value === null) continue;
    const items = Array.isArray(value) ? value : [value];
    texts.push([name, items.map((item) => textOf(name, item, site)).join(',')]);
  }
  return texts;
}

function textOf(name, value, site) {
  if (typeof value === 'bigint') return String(value);
  const json = encode(value, name, 'the query', site) ?? 'null';
  return typeof value === 'string' ? value : json;
}

module.exports = { Client };
