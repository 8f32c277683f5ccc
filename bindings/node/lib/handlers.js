'use strict';
// Who wants which events. One subscription in the core for all that want the same, however many they are; nothing is
// left of those that have gone.

/** Names of the classic client's own events, and of the EventEmitter's: Asterisk never sends them. */
const LOCAL = new Set([
  'APILoadError',
  'WebSocketConnected',
  'WebSocketMaxRetries',
  'WebSocketReconnecting',
  'error',
  'newListener',
  'pong',
  'removeListener',
]);

const NONE = Object.freeze([]);

/** A type of event, of one object or of any. */
class Scope {
  /** Listeners of the object's; those of the client are in its EventEmitter. Lists are replaced, never changed. */
  listeners = NONE;
  /** What addEventHandler registered. */
  handlers = NONE;
  /** The client's EventEmitter has listeners of this type. */
  heard = false;
  /** How many iterations read everything. */
  readers = 0;
  /** The subscription in the core, 0 as long as there is none. */
  number = 0;
  /** Who gets an event that nobody else wants, once that has been found out; null when it has to be found out anew. */
  targets = null;

  constructor(type, key) {
    this.type = type;
    this.key = key;
  }

  isWanted() {
    return this.heard || this.readers > 0 || this.listeners.length > 0 || this.handlers.length > 0;
  }
}

/** The handlers of a client and of its objects. */
class Registry {
  #native;
  /** Type -> scope, for any object. */
  #types = new Map();
  /** Class and id -> type -> scope. */
  #objects = new Map();
  #last = 0;
  #first = 0;

  /** The scope of each subscription. */
  scopes = new Map();
  /** Rises whenever the subscriptions in the core change: what was matched before has to be matched again. */
  changes = 0;

  constructor(native) {
    this.#native = native;
  }

  /** The client's EventEmitter has listeners of a type, or has none any more. */
  hear(type, heard) {
    if (typeof type !== 'string' || LOCAL.has(type)) return;
    const scope = heard ? this.#scope(null, type) : this.#types.get(type);
    if (scope === undefined) return;
    scope.targets = null;
    if (scope.heard === heard) return;
    scope.heard = heard;
    this.#settle(scope);
  }

  /** Every event is wanted by one more iteration, or one less. */
  read(change) {
    const scope = this.#scope(null, '*');
    scope.readers += change;
    this.#settle(scope);
  }

  /** Whether anybody has registered for a type on the client. */
  isHandled(type) {
    const scopes = [this.#types.get(type), this.#types.get('*')];
    return (
      scopes[0]?.heard === true || scopes.some((scope) => scope !== undefined && scope.handlers.length > 0)
    );
  }

  /** Registers a listener of an object. */
  listen(key, type, handler, { once = false, first = false }, self) {
    check(handler);
    const scope = this.#scope(key, type);
    const order = first ? --this.#first : ++this.#last;
    const entry = { handler, self, once, order, scope, gone: false, fired: false };
    scope.listeners = first ? [entry, ...scope.listeners] : [...scope.listeners, entry];
    this.#settle(scope);
  }

  unlisten(key, type, handler) {
    const scope = this.#find(key, type);
    const entry = scope?.listeners.findLast((each) => each.handler === handler);
    if (entry !== undefined) this.#remove(entry);
  }

  unlistenAll(key, type) {
    const scopes = type === undefined ? this.#scopesOf(key) : [this.#find(key, type)];
    for (const scope of scopes) {
      if (scope === undefined) continue;
      for (const entry of scope.listeners) entry.gone = true;
      scope.listeners = NONE;
      this.#settle(scope);
    }
  }

  listeners(key, type) {
    return this.#find(key, type)?.listeners ?? NONE;
  }

  names(key) {
    return this.#scopesOf(key)
      .filter((scope) => scope.listeners.length > 0)
      .map((scope) => scope.type);
  }

  /** Whether a listener is to be called now: one that was registered with `once` is, the first time. */
  due(entry) {
    if (!entry.once) return true;
    if (entry.fired) return false;
    entry.fired = true;
    if (!entry.gone) this.#remove(entry);
    return true;
  }

  /** Registers what addEventHandler is given; `key` is null on a client. */
  handle(key, type, handler) {
    check(handler);
    if (typeof type !== 'string') throw new TypeError('the type of events has to be a string');
    const scope = this.#scope(key, type);
    const entry = { handler, order: ++this.#last, scope };
    scope.handlers = [...scope.handlers, entry];
    this.#settle(scope);
    return { close: () => this.#close(entry) };
  }

  unhandle(key, type, handler) {
    const found = this.#find(key, type)?.handlers.filter((entry) => entry.handler === handler) ?? NONE;
    for (const entry of found) this.#close(entry);
    return found.length > 0;
  }

  /** How much there is, for tests: all of it is 0 when everybody has gone. */
  get size() {
    return this.#types.size + this.#objects.size + this.scopes.size;
  }

  #close(entry) {
    const { scope } = entry;
    if (!scope.handlers.includes(entry)) return;
    scope.handlers = without(scope.handlers, entry);
    this.#settle(scope);
  }

  #remove(entry) {
    const { scope } = entry;
    entry.gone = true;
    scope.listeners = without(scope.listeners, entry);
    this.#settle(scope);
  }

  #find(key, type) {
    return key === null ? this.#types.get(type) : this.#objects.get(keyOf(key))?.get(type);
  }

  /** The scopes of an object, of every type. */
  #scopesOf(key) {
    return [...(this.#objects.get(keyOf(key))?.values() ?? [])];
  }

  #scope(key, type) {
    let types = this.#types;
    if (key !== null) {
      types = this.#objects.get(keyOf(key));
      if (types === undefined) {
        types = new Map();
        this.#objects.set(keyOf(key), types);
      }
    }
    let scope = types.get(type);
    if (scope === undefined) {
      scope = new Scope(type, key);
      types.set(type, scope);
    }
    return scope;
  }

  /** Brings the core up to date, and forgets what nobody wants. */
  #settle(scope) {
    scope.targets = null;
    if (scope.isWanted()) {
      if (scope.number > 0 || typeof scope.type !== 'string' || LOCAL.has(scope.type)) return;
      const { class: name = null, id = null } = scope.key ?? {};
      scope.number = this.#native.subscribe(scope.type === '*' ? null : scope.type, name, id);
      this.scopes.set(scope.number, scope);
      this.changes += 1;
      return;
    }
    const types = scope.key === null ? this.#types : this.#objects.get(keyOf(scope.key));
    if (types?.get(scope.type) === scope) types.delete(scope.type);
    if (scope.key !== null && types?.size === 0) this.#objects.delete(keyOf(scope.key));
    if (scope.number === 0) return;
    this.#native.unsubscribe(scope.number);
    this.scopes.delete(scope.number);
    scope.number = 0;
    this.changes += 1;
  }
}

/** No class has a slash in its name. */
const keyOf = (key) => `${key.class}/${key.id}`;

const without = (list, entry) => (list.length === 1 ? NONE : list.filter((each) => each !== entry));

function check(handler) {
  if (typeof handler === 'function') return;
  const error = new TypeError(
    `a handler has to be a function, not ${handler === null ? 'null' : typeof handler}`,
  );
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

module.exports = { NONE, Registry };
