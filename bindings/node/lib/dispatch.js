'use strict';
// Hands events to their handlers: one event, then everything that promises and ticks bring, then the next. So whoever
// has waited for an event is back before the one after it, and what handlers change counts from the very next event.

const { performance } = require('node:perf_hooks');
const { isObject } = require('./call');
const { NONE } = require('./handlers');
const { raise } = require('./port');

/** How long events are handed over before the event loop gets its turn, in milliseconds. */
const BUDGET = 1;

/** The connections that have something to drain, each in its turn. */
const ready = [];
let scheduled = false;
let deadline = 0;

/** A connection has news. */
function news(connection) {
  connection.news = true;
  if (connection.queued) return;
  connection.queued = true;
  ready.push(connection);
  schedule();
}

/**
 * In a later turn than the one that answers come in: who awaits a call and registers a handler then is in time.
 */
function schedule() {
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    deadline = performance.now() + BUDGET;
    step();
  });
}

const settled = Promise.resolve();
const onTick = () => process.nextTick(step);

function step() {
  const connection = ready[0];
  if (connection === undefined || performance.now() >= deadline) {
    scheduled = false;
    if (connection !== undefined) schedule();
    return;
  }
  let more = true;
  connection.news = false;
  try {
    more = connection.advance();
  } catch (error) {
    raise(error);
  }
  // There may have been news while it looked.
  if (more === false && !connection.news) {
    ready.shift();
    connection.queued = false;
  } else if (more !== true && ready.length > 1) {
    // One connection's flood does not hold up the others.
    ready.push(ready.shift());
  }
  // From a microtask to a tick: the queues of both are empty before the next event.
  settled.then(onTick);
}

/** Who gets an event, fixed before the first of them is called. */
class Targets {
  star = NONE;
  typed = NONE;
  /** Listeners of objects. */
  entries = NONE;
  /** What addEventHandler registered. */
  handlers = NONE;
  reader = false;
  nobody = true;
  /** How many events they got. */
  #events = 0;
  #blind = false;

  add(scope, client, library) {
    if (scope.key !== null) {
      if (scope.listeners.length > 0) this.entries = join(this.entries, scope.listeners);
    } else if (scope.heard) {
      if (scope.type !== '*') this.typed = client.rawListeners(scope.type);
      else if (!library) this.star = client.rawListeners('*');
    }
    if (scope.readers > 0) this.reader = true;
    if (scope.handlers.length > 0) this.handlers = join(this.handlers, scope.handlers);
    this.nobody = this.star.length + this.typed.length + this.entries.length + this.handlers.length === 0;
  }

  /** Whether none of them can see a second argument. Worth finding out when they get more than one event. */
  isBlind() {
    this.#events += 1;
    if (this.#events === 2) {
      const registered = [...this.entries, ...this.handlers].map(({ handler }) => handler);
      this.#blind = [...this.star, ...this.typed, ...registered].every(takesOne);
    }
    return this.#blind;
  }
}

/** An arrow function with one plain parameter, or none. It has no `arguments` in which it could find another one. */
const TAKES_ONE = /^(?:async\s*)?(?:\(\s*[\w$]*\s*\)|[\w$]+)\s*=>/;

const sourceOf = Function.prototype.toString;

function takesOne(handler) {
  return TAKES_ONE.test(sourceOf.call(handler));
}

/** Both lists in order of registration. */
function join(some, more) {
  if (some.length === 0) return more;
  return [...some, ...more].sort((a, b) => a.order - b.order);
}

/**
 * Finds out who wants an event.
 *
 * @param {object} core
 * @param {object} kind
 * @param {number | number[]} subscriptions
 */
function targetsOf(core, kind, subscriptions) {
  const { scopes } = core.registry;
  if (typeof subscriptions === 'number') {
    const scope = scopes.get(subscriptions);
    if (scope === undefined) return NOBODY;
    // Most events are wanted by one scope, which stays as it is for many of them.
    if (kind.library) return targetsIn([scope], core, true);
    scope.targets ??= targetsIn([scope], core, false);
    return scope.targets;
  }
  const several = subscriptions.map((number) => scopes.get(number));
  return targetsIn(several, core, kind.library);
}

function targetsIn(scopes, core, library) {
  const targets = new Targets();
  for (const scope of scopes) {
    if (scope !== undefined) targets.add(scope, core.client, library);
  }
  return targets;
}

const NOBODY = Object.freeze(new Targets());

/** Calls them. What they throw does not keep the others from being called, and is an uncaughtException then. */
function deliver(core, event, kind, targets) {
  const { client, registry } = core;
  const resources = targets.isBlind() ? undefined : resourcesOf(core, event, kind.objects);
  for (const listener of targets.star) attempt(listener, client, event, resources);
  for (const listener of targets.typed) attempt(listener, client, event, resources);
  for (const entry of targets.entries) {
    if (registry.due(entry)) attempt(entry.handler, entry.self, event, resources);
  }
  for (const { handler } of targets.handlers) attempt(handler, undefined, event, resources);
}

function attempt(handler, self, event, resources) {
  try {
    handler.call(self, event, resources);
  } catch (error) {
    raise(error);
  }
}

/** Emits one of the client's own events. */
function announce(client, type, ...values) {
  for (const listener of client.rawListeners(type)) {
    try {
      listener.apply(client, values);
    } catch (error) {
      raise(error);
    }
  }
}

/**
 * The second argument of handlers: nothing, the instance, or the instances by the names of their fields. Counted is what
 * is there, not what the description allows.
 */
function resourcesOf(core, event, fields) {
  let alone;
  let several;
  for (const { field, className } of fields) {
    const values = event[field];
    if (!isObject(values) || !Object.hasOwn(event, field)) continue;
    const Class = core.classes[className];
    if (Class === undefined) continue;
    const instance = new Class(core.client, undefined, values);
    if (alone === undefined) {
      alone = [field, instance];
    } else {
      several ??= { [alone[0]]: alone[1] };
      several[field] = instance;
    }
  }
  return several ?? alone?.[1];
}

module.exports = { announce, deliver, news, targetsOf };
