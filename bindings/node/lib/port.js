'use strict';
// The one door between this JavaScript thread and the threads of the core. A worker has modules of its own, and so a
// port of its own.

const native = require('./native');

/** Kinds of what comes out of the port. */
const KIND = { NOTHING: 0, JSON: 1, BINARY: 2, ERROR: 3, NEWS: 4 };

/**
 * Who waits for the answer of which ticket: `receiver` has a method `receive(kind, value, contentType)`. It is let go of when
 * the ticket ends, not only taken out: a Map that makes room for itself leaves what it was made of behind, and one old piece
 * of that would keep everything alive that came after it, until the whole memory is swept.
 */
const waiting = new Map();

/**
 * The port of this thread. Made here and not when it is first needed: the asynchronous context of whatever needs it first
 * would be that of all answers, for ever.
 */
const port = new native.Port(() => void wake(false));

let tickets = 0;
let held = 0;

/** The rest of the answers is handed out in another turn. */
let later = false;

/**
 * Hands out what has come. Large answers are not handed out all at once, unless `all` of them have to be: what the next ones
 * need can be had from what has been done with by then.
 *
 * @returns {boolean} whether an answer was among it, which somebody may go on with
 */
function wake(all) {
  const taken = port.take(all);
  let answered = false;
  for (let at = 0; at + 4 <= taken.length; at += 4) {
    const receiver = waiting.get(taken[at])?.receiver;
    if (receiver === undefined) continue;
    if (taken[at + 1] !== KIND.NEWS) answered = true;
    try {
      receiver.receive(taken[at + 1], taken[at + 2], taken[at + 3]);
    } catch (error) {
      // The others still get theirs.
      raise(error);
    }
  }
  if (taken.length % 4 > 0 && !later) {
    later = true;
    setImmediate(() => {
      later = false;
      wake(false);
    });
  }
  return answered;
}

/** Makes an error an uncaughtException, once what is being done now is done. */
function raise(error) {
  process.nextTick(() => {
    throw error;
  });
}

/** A new ticket, under which the receiver is told what comes of it. Until `drop` it keeps the event loop alive. */
function register(receiver) {
  const ticket = ++tickets;
  waiting.set(ticket, { receiver });
  if (held++ === 0) port.hold();
  return ticket;
}

/** Ends a ticket: its receiver is told nothing more. */
function drop(ticket) {
  const entry = waiting.get(ticket);
  if (entry === undefined) return;
  entry.receiver = undefined;
  waiting.delete(ticket);
  if (--held === 0) port.release();
}

/** Ends a ticket whose call is not wanted any more. */
function abandon(ticket) {
  drop(ticket);
  port.abandon(ticket);
}

module.exports = { KIND, abandon, drop, port, raise, register, wake };
