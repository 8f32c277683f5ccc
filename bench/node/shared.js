// What the programs share: where the clients are, and counting what handlers get.

const { createRequire } = require('node:module');
const path = require('node:path');

// What is measured stands alone on stdout, whatever else the clients have to say.
console.log = console.error;

/** What setup.sh has installed. */
const load = createRequire(path.join(__dirname, '..', '.cache', 'node', 'package.json'));

const USERNAME = process.env.ARI_USERNAME ?? 'bench';
const PASSWORD = process.env.ARI_PASSWORD ?? 'bench';

/** Types of the events that the server sends. */
const TYPES = ['StasisStart', 'ChannelVarset', 'ChannelStateChange', 'ChannelDtmfReceived'];

/** Milliseconds without an event after which a client has lost the rest. */
const PATIENCE = 10_000;

/** Handlers that count; the clock runs from the first event to the last. */
class Count {
  seen = 0;
  /** What the handlers have read, added up. */
  total = 0;
  #expected;
  #done;
  #start;

  /**
   * @param {number} expected
   * @param {(measured: {events: number, seconds: number, cpu: number}) => void} [done]
   */
  constructor(expected, done = report) {
    this.#expected = expected;
    this.#done = done;
    let before = 0;
    let since = performance.now();
    setInterval(() => {
      if (before !== this.seen) since = performance.now();
      else if (performance.now() - since > PATIENCE) this.#finish(since / 1000);
      before = this.seen;
    }, PATIENCE / 10);
  }

  /** Counts one event. */
  one() {
    this.seen += 1;
    if (this.seen === 1) this.#start = now();
    if (this.seen === this.#expected) this.#finish();
  }

  /** Counts one event, of which it reads three fields. */
  fields(event) {
    this.total += event.timestamp.length + event.channel.name.length + event.channel.state.length;
    this.one();
  }

  /** @param {number} [last] when the last event came, if others are missing */
  #finish(last) {
    const end = now();
    end.wall = last ?? end.wall;
    const start = this.#start ?? end;
    this.#done({ events: this.seen, seconds: end.wall - start.wall, cpu: end.cpu - start.cpu });
  }
}

function now() {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
}

/** Says what was measured and ends the process, whatever else is going on in it. */
function report(measured) {
  process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
}

module.exports = { Count, PASSWORD, TYPES, USERNAME, load, now, report };
