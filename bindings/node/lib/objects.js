'use strict';
// Domain objects: the data of something in Asterisk, the operations on it, and the handlers of its events.

const { randomUUID } = require('node:crypto');
const { inspect } = require('node:util');
const { CORE, perform } = require('./call');
const { callSite, refusal } = require('./errors');

// What is private of an instance, for this module: neither JSON nor inspect nor a copy shows it.
let clientOf;
let isMade;
let kindOf;

/**
 * The base of all classes of domain objects. The fields of the JSON are plain properties.
 *
 * `new Channel(client)` makes an id of its own, `new Channel(client, id)` takes that one, and a third argument, or an
 * object as the second, gives the values.
 */
class DomainObject {
  #client;
  /** Not `constructor`: what the server sends may have a field of that name. */
  #kind;
  /** The id was chosen here or by the program, for something that may not exist yet. */
  #made = false;

  static {
    clientOf = (object) => object.#client;
    isMade = (object) => object.#made;
    kindOf = (object) => object.#kind;
  }

  constructor(client, id, values) {
    this.#client = client;
    this.#kind = new.target;
    if (id === undefined || id === null) {
      if (values === undefined || values === null) this.#make();
      else this.#fill(values);
    } else if (typeof id === 'object') {
      this.#fill(id);
    } else {
      this.#identify(id);
      if (values !== undefined && values !== null) {
        this.#fill(values);
        this.#identify(id);
      }
    }
  }

  #make() {
    const { identity } = this.#kind;
    if (identity.length !== 1) return;
    this[identity[0][1]] = randomUUID();
    this.#made = true;
  }

  #identify(id) {
    const { identity } = this.#kind;
    if (identity.length === 1) {
      this[identity[0][1]] = id;
      this.#made = true;
    } else if (identity.length === 2) {
      // technology/resource, as events name an endpoint.
      const text = String(id);
      const slash = text.indexOf('/');
      this[identity[0][1]] = slash < 0 ? text : text.slice(0, slash);
      if (slash >= 0) this[identity[1][1]] = text.slice(slash + 1);
    }
  }

  #fill(values) {
    if (typeof values !== 'object') {
      throw refusal(`the values of a ${this.#kind.className} have to be an object, not a ${typeof values}`);
    }
    for (const name of Object.keys(values)) {
      const value = values[name];
      if (typeof value === 'function') continue;
      // A plain assignment of this name would change the prototype.
      if (name === '__proto__')
        Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true });
      else this[name] = value;
    }
  }

  /** The data alone. */
  toJSON() {
    return dataOf(this);
  }

  [inspect.custom](depth, options, show = inspect) {
    const data = depth < 0 ? '[...]' : show(dataOf(this), { ...options, depth });
    return `${this.#kind.className} ${data}`;
  }

  /** Calls `listener(event, resources)` for each event of a type that holds this object, or any with `'*'`. */
  on(type, listener) {
    return this.#listen(type, listener, {});
  }

  addListener(type, listener) {
    return this.#listen(type, listener, {});
  }

  once(type, listener) {
    return this.#listen(type, listener, { once: true });
  }

  prependListener(type, listener) {
    return this.#listen(type, listener, { first: true });
  }

  prependOnceListener(type, listener) {
    return this.#listen(type, listener, { first: true, once: true });
  }

  /** Takes one registration back, the latest. */
  off(type, listener) {
    this.#registry.unlisten(this.#key, type, listener);
    return this;
  }

  removeListener(type, listener) {
    return this.off(type, listener);
  }

  /** Takes back all listeners of this object, of one type or of every one. */
  removeAllListeners(type) {
    this.#registry.unlistenAll(this.#key, type);
    return this;
  }

  listeners(type) {
    return this.rawListeners(type);
  }

  rawListeners(type) {
    return this.#registry.listeners(this.#key, type).map((entry) => entry.handler);
  }

  listenerCount(type) {
    return this.#registry.listeners(this.#key, type).length;
  }

  eventNames() {
    return this.#registry.names(this.#key);
  }

  /** Calls the listeners of a type, as an EventEmitter does. */
  emit(type, ...values) {
    const entries = this.#registry.listeners(this.#key, type);
    for (const entry of entries) {
      if (this.#registry.due(entry)) entry.handler.apply(this, values);
    }
    return entries.length > 0;
  }

  /** There is no limit; programs that raise the one of an EventEmitter need not be changed. */
  setMaxListeners() {
    return this;
  }

  getMaxListeners() {
    return 0;
  }

  /**
   * Calls `handler(event, resources)` for each event of a type (or any with `'*'`) that holds this object.
   *
   * @returns {{close(): void}}
   */
  addEventHandler(type, handler) {
    return this.#registry.handle(this.#key, type, handler);
  }

  /** Takes back what `addEventHandler` registered; false when there is nothing. */
  removeEventHandler(type, handler) {
    return this.#registry.unhandle(this.#key, type, handler);
  }

  #listen(type, listener, how) {
    this.#registry.listen(this.#key, type, listener, how, this);
    return this;
  }

  get #registry() {
    return this.#client[CORE].registry;
  }

  get #key() {
    const { className, identity } = this.#kind;
    const parts = identity.map(([, field]) => this[field]);
    if (parts.length === 0 || parts.some((part) => part === undefined || part === null)) {
      throw refusal(`this ${className} has no id by which its events could be known`);
    }
    return { class: className, id: parts.join('/') };
  }
}

/** What is no function, as the operations are. */
function dataOf(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => typeof value !== 'function'));
}

/**
 * Calls an operation on an instance: its identity is filled in.
 *
 * @param {DomainObject} self
 * @param {object} spec of generated/operations.js
 * @param {object | Function | null} [a] options
 * @param {DomainObject | Function | object} [b] the instance that is to be created, or what follows
 * @param {Function | object} [c] callback or `{success, error}`
 */
function callOn(self, spec, a, b, c) {
  const site = callSite(callOn);
  let [options, other, handlers] = [a, b, c];
  if (typeof a === 'function') {
    [options, other, handlers] = [undefined, undefined, a];
  } else if (!isInstance(b) && c === undefined) {
    // (options, callback), or (instance, callback) as some write it who have no options.
    const only = isInstance(a) && spec.creates !== null;
    [options, other, handlers] = only ? [undefined, a, b] : [a, undefined, b];
  }
  const fixed = fixedFor(self, spec, other);
  return perform(clientOf(self)[CORE], spec, options, handlers, fixed, site);
}

const isInstance = (value) => value instanceof DomainObject;

/**
 * The arguments that follow from the instances: the identity of the one, and the id of the new one. They stand even if
 * the options say otherwise, because it is the instance that has the handlers.
 */
function fixedFor(self, spec, other) {
  const fixed = Object.create(null);
  const { identity } = kindOf(self);
  for (const [parameter, field] of identity) {
    if (spec.path.includes(parameter)) fixed[parameter] = self[field];
  }
  const name = spec.creates;
  if (name === null || name in fixed) return fixed;
  if (typeof other === 'string') fixed[name] = other;
  else if (isInstance(other) && isMade(other)) fixed[name] = other[kindOf(other).identity[0][1]];
  else if (isMade(self) && name === identity[0]?.[0]) fixed[name] = self[identity[0][1]];
  return fixed;
}

module.exports = { DomainObject, callOn };
