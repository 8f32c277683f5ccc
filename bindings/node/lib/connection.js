'use strict';
// One event connection: its events in order, its beginning and its end, and what the classic client said about both.

const { AsyncResource } = require('node:async_hooks');
const { drain } = require('./batch');
const { announce, deliver, news, targetsOf } = require('./dispatch');
const { fromCore, fromThrown, withStack } = require('./errors');
const { KIND, drop, register, wake } = require('./port');

const GIVEN_UP = 'Connection attempts exceeded WebSocketMaxRetries';

/** So many events may wait for an iteration; then the core keeps the rest, within its bound. */
const MOST_WAITING = 4096;

/** The events of one `start`, or of one iteration (`reader`). */
class Connection extends AsyncResource {
  /** Whether it stands in the line of those that have something to drain, and whether it was told so again. */
  queued = false;
  news = false;
  /** `connecting`, `open` or `ended`. */
  state = 'connecting';
  #core;
  #ticket;
  #stream;
  #site;
  /** Whom to tell that it is open, or that it will not be. */
  #starting;
  /** Who takes every event after the handlers. */
  #reader;
  /** The rest of what was drained last, and where in it. */
  #batch = null;
  #at = 0;
  /** The last event that was handed over. */
  #sequence = 0;
  /** The registry's `changes` when the batch was drained. */
  #changes = 0;
  /** Why it could not be opened, once that is known. */
  #failure = null;
  /** How the stream ended, while its failure is not known yet. */
  #end;

  /**
   * Begins to connect; throws when the arguments are no good.
   *
   * @param {object} core
   * @param {string} operation
   * @param {string} text arguments as JSON
   * @param {{resolve(): void, reject(error: Error): void}} starting
   * @param {object} [reader] gets `push(event)`, `end(error)` and `close()`, and says by `size` how much it holds
   */
  constructor(core, operation, text, starting, reader, site) {
    super('AriConnection');
    this.#core = core;
    this.#starting = starting;
    this.#reader = reader;
    this.#site = site;
    this.#ticket = register(this);
    try {
      this.#stream = core.native.open(this.#ticket, operation, text);
    } catch (error) {
      drop(this.#ticket);
      throw fromThrown(error, site);
    }
    core.connections.add(this);
  }

  receive(kind, value) {
    if (kind === KIND.ERROR) {
      this.#failure = fromCore(value, this.#site);
      if (this.#end !== undefined) this.#finish(this.#end);
    } else if (kind === KIND.NEWS) {
      news(this);
    }
  }

  /** There is room again, or somebody reads. */
  resume() {
    if (this.state !== 'ended') news(this);
  }

  /** Sends a ping; the client says `pong` when the answer is there. */
  ping() {
    const { client } = this.#core;
    const ticket = register({
      receive(kind) {
        drop(ticket);
        if (kind === KIND.NOTHING) announce(client, 'pong');
      },
    });
    try {
      this.#stream.ping(ticket);
    } catch {
      drop(ticket);
    }
  }

  /** Closes it because the program wants it: nothing more is handled, and nothing is emitted. */
  close() {
    if (this.state === 'ended') return;
    const starting = this.#starting;
    this.#over();
    this.#stream.close();
    const message = 'the event connection was closed before it was open';
    starting?.reject(fromCore({ class: 'ConnectionException', message, delivery: 'not sent' }, this.#site));
    this.#reader?.close();
  }

  /**
   * Handles the next event.
   *
   * @returns {boolean | 'batch'} whether there may be more; `'batch'` where another connection may be served
   */
  advance() {
    if (this.state === 'ended' || this.#end !== undefined) return false;
    const { registry } = this.#core;
    let more = true;
    if (this.#batch !== null && this.#changes !== registry.changes) {
      // Also at the end of a batch: what nobody wanted then may be wanted now.
      this.#stream.rewind(this.#sequence);
      this.#batch = null;
    }
    if (this.#batch === null || this.#at >= this.#batch.length) {
      this.#batch = null;
      if (this.#reader !== undefined && this.#reader.size >= MOST_WAITING) return false;
      this.#changes = registry.changes;
      const drained = drain(this.#stream, this.#core.exact);
      // Answers that came before these events are handed out before them: who awaits a call may want the events of its
      // object, also those that nobody wants so far.
      const answered = wake(true);
      if (this.state === 'ended') return false;
      if (drained === undefined && !answered) return false;
      if (drained === null || typeof drained === 'string') {
        this.#finish(drained);
        return false;
      }
      this.#batch = drained ?? [];
      this.#at = 0;
      if (answered) return true;
      more = 'batch';
    }
    const batch = this.#batch;
    const at = this.#at;
    this.#at = at + 4;
    this.#sequence = batch[at];
    // Handlers run in the asynchronous context of the call that opened the connection, whoever woke this thread.
    this.runInAsyncScope(this.#handle, this, batch[at + 1], batch[at + 2], batch[at + 3]);
    return more;
  }

  #handle(kind, event, subscriptions) {
    const targets = targetsOf(this.#core, kind, subscriptions);
    if (kind.library) {
      // It is open whatever the handlers do, also when they close it.
      if (kind.type === 'Connected') this.#opened();
      this.#tell(event);
    }
    if (!targets.nobody) deliver(this.#core, event, kind, targets);
    if (targets.reader) this.#reader?.push(event);
  }

  /** What the connection says about itself, in the words of the classic client. */
  #tell(event) {
    const { client, registry } = this.#core;
    switch (event.type) {
      case 'Connected':
      case 'Reconnected':
        return announce(client, 'WebSocketConnected');
      case 'Reconnecting':
        return announce(client, 'WebSocketReconnecting', failure('ConnectionException', event.reason));
      case 'UnreadableFrame': {
        const message = `the server sent what is no event: ${event.reason}`;
        return announce(client, 'error', failure('ProtocolException', message));
      }
      case 'EventsDropped':
        if (registry.isHandled('EventsDropped')) return undefined;
        return warn(
          `${event.count} events (${event.bytes} bytes) waited too long and were given up`,
          'ARI_EVENTS_DROPPED',
        );
      default:
        return undefined;
    }
  }

  #opened() {
    if (this.state !== 'connecting') return;
    this.state = 'open';
    const starting = this.#starting;
    this.#starting = undefined;
    starting.resolve();
  }

  /** The stream has ended by itself: `null` in good order, otherwise with this error. */
  #finish(end) {
    // What the attempts to open it failed with says more, and comes a little later.
    if (this.state === 'connecting' && this.#failure === null && end !== null) {
      this.#end = end;
      return;
    }
    const starting = this.#starting;
    this.#over();
    const error = this.#failure ?? (end === null ? null : fromCore(end, this.#site));
    if (starting !== undefined) {
      if (error !== null && isWorthTrying(error)) {
        this.#giveUp(error);
      }
      starting.reject(
        error ?? failure('ConnectionException', 'the event connection was closed before it was open'),
      );
    } else if (error !== null) {
      this.#lost(error);
    }
    this.#reader?.end(error);
  }

  #giveUp(error) {
    // Programs compare it; why the attempts failed is in `reason`.
    error.message = GIVEN_UP;
    withStack(error, this.#site);
    announce(this.#core.client, 'WebSocketMaxRetries', error);
  }

  /** A connection that stood is gone for good. */
  #lost(error) {
    const { client, reconnects } = this.#core;
    const told = client.listenerCount('error') > 0;
    const listened = told || (reconnects && client.listenerCount('WebSocketMaxRetries') > 0);
    if (reconnects) announce(client, 'WebSocketMaxRetries', error);
    if (told) announce(client, 'error', error);
    else if (!listened && this.#reader === undefined) warn(error.message, 'ARI_CONNECTION_LOST');
  }

  #over() {
    this.state = 'ended';
    this.#batch = null;
    this.#starting = undefined;
    this.#core.connections.delete(this);
    drop(this.#ticket);
  }
}

/** Whether an attempt that failed like this was followed by others, as long as there were any left. */
function isWorthTrying(error) {
  return error.status === null || error.status === 404 || error.status >= 500;
}

function failure(name, message) {
  return fromCore({ class: name, message, delivery: 'outcome unknown' });
}

function warn(message, code) {
  process.emitWarning(message, { type: 'AriWarning', code });
}

module.exports = { Connection };
