'use strict';
// A simulated Asterisk for tests of programs: its world is in the native part, and what is said to it goes over HTTP.

const { connect } = require('./connect');
const { callSite } = require('./errors');
const native = require('./native');
const { Call } = require('./testing-call');
const { Control, inOurNames, named } = require('./testing-control');
const { ExpectationError, SimulatorError } = require('./testing-errors');
const { members, phonesOf, since, textOf, textsOf } = require('./testing-given');

/** Seconds in which something may not come. */
const MOMENT = 0.5;

/** Those that run in this thread. One that nobody holds any more goes on until it is closed, as a server does. */
const running = new Set();

/** Where a simulator is, and what keeps it in this process. */
class Place {
  constructor(facts, server = null) {
    this.facts = facts;
    this.server = server;
  }

  /** Starts a simulator in this process. */
  static here(options, site) {
    try {
      const given = members(options);
      if (given.control_url !== undefined) {
        throw new TypeError('controlUrl is for Simulator.start(), which asks there where the simulator is');
      }
      given.phones = phonesOf(given.phones);
      const server = new native.Simulator(JSON.stringify(given));
      return new Place(named(JSON.parse(server.facts)), server);
    } catch (cause) {
      throw new SimulatorError(inOurNames(cause.message), { cause }, site);
    }
  }

  /** Finds out about a simulator that runs as a program. */
  static async there({ controlUrl, ...others }) {
    const control = new Control(controlUrl);
    try {
      const [other] = Object.keys(others);
      if (other !== undefined) {
        throw new SimulatorError(
          `${other} is for a simulator that is started, and the one at controlUrl runs already`,
        );
      }
      const facts = await control.send('GET', '', undefined, undefined, named);
      return new Place({ ...facts, controlUrl: control.url });
    } finally {
      control.close();
    }
  }
}

/** What may not come is waited for in vain, and so not as long as what has to. */
function moment(options) {
  return { within: options?.within ?? MOMENT, ...since(options) };
}

/** A simulated Asterisk, and the people at its telephones. */
class Simulator {
  #control;
  #server;
  /** Clients that `connect` made; they end with it. */
  #clients = new Set();
  #closed = false;

  static async start(options) {
    const site = callSite(Simulator.start);
    const there = options?.controlUrl !== undefined;
    return new Simulator(there ? await Place.there(options) : Place.here(options, site));
  }

  constructor(options) {
    const place = options instanceof Place ? options : Place.here(options, callSite(Simulator));
    const { url, controlUrl, username, password } = place.facts;
    Object.assign(this, { url, controlUrl, username, password });
    this.#control = new Control(controlUrl);
    this.#server = place.server;
    running.add(this);
  }

  get environment() {
    return { ARI_URL: this.url, ARI_USERNAME: this.username, ARI_PASSWORD: this.password };
  }

  connect(options) {
    return connect(this.url, this.username, this.password, options).then((client) => {
      if (this.#closed) client.stop();
      else this.#clients.add(client);
      return client;
    });
  }

  async close() {
    if (this.#closed) return;
    this.#closed = true;
    running.delete(this);
    for (const client of this.#clients) client.stop();
    this.#control.close();
    this.#server?.close();
  }

  #get(path, convert) {
    return this.#control.send('GET', path, undefined, undefined, convert);
  }

  #post(path, fixed, options, convert) {
    return this.#control.send('POST', path, fixed, options, convert);
  }

  #taken = (call) => new Call(this.#control, call);

  // Calls.

  call(target, options) {
    const given = typeof target === 'object' ? { ...target } : { ...options, exten: target };
    const { caller, exten, variables } = given;
    const texts = { caller: textOf(caller), exten: textOf(exten), variables: textsOf(variables) };
    return this.#post('calls', texts, given, this.#taken);
  }

  expectCall(endpoint, options) {
    return this.#post('calls/expect', { endpoint }, options, this.#taken);
  }

  calls() {
    return this.#get('calls', (calls) => calls.map(this.#taken));
  }

  phone(name, does) {
    const [technology, ...resource] = String(name).split('/');
    const path = `phones/${encodeURIComponent(technology)}/${encodeURIComponent(resource.join('/'))}`;
    const options = typeof does === 'string' ? { onCall: does } : does;
    return this.#control.send('PUT', path, undefined, options, () => undefined);
  }

  phones() {
    const convert = (phones) => Object.entries(phones).map(([name, phone]) => [name, named(phone)]);
    return this.#get('phones', (phones) => Object.fromEntries(convert(phones)));
  }

  // What the application did.

  expectRequest(operation, args, options) {
    return this.#post('expect', { operation, arguments: args, ...since(options) }, options);
  }

  expectNoRequest(operation, args, options) {
    return this.#post('expect/none', { operation, arguments: args, ...moment(options) }, options);
  }

  expectEvent(type, fields, options) {
    return this.#post('expect', { type, fields, ...since(options) }, options);
  }

  expectNoEvent(type, fields, options) {
    return this.#post('expect/none', { type, fields, ...moment(options) }, options);
  }

  requests(operation, options) {
    return this.#records('requests', (record) => record.operation, operation, options);
  }

  events(type, options) {
    return this.#records('events', ({ event }) => event.type, type, options);
  }

  /** Records, all of them or those of one name; the options may stand alone. */
  #records(path, nameOf, name, options) {
    const named = typeof name === 'string';
    const given = named ? options : (name ?? options);
    const convert = (records) => (named ? records.filter((record) => nameOf(record) === name) : records);
    return this.#control.send('GET', path, since(given), given, convert);
  }

  sendEvent(application, event) {
    return this.#post('event', { application, event });
  }

  // What goes wrong. An Infinity of `times` is null in JSON, which is the simulator's word for it.

  fail(operation, options) {
    return this.#post('faults', { operation, status: options?.status ?? 500 }, options);
  }

  delay(operation, seconds, options) {
    return this.#post('faults', { operation, delay: seconds }, options);
  }

  cut(operation, how = 'reset', options = undefined) {
    return this.#post('faults', { operation, cut: how }, options);
  }

  faults() {
    return this.#get('faults', (faults) => faults.map(named));
  }

  clearFaults() {
    return this.#control.send('DELETE', 'faults');
  }

  drop(options) {
    return this.#post('connections', { do: 'drop' }, options);
  }

  closeConnections(code, options) {
    const alone = typeof code === 'object' && code !== null;
    const fixed = alone ? { do: 'close' } : { do: 'close', code: code ?? undefined };
    return this.#post('connections', fixed, alone ? code : options);
  }

  resetConnections(options) {
    return this.#post('connections', { do: 'reset' }, options);
  }

  silence(options) {
    return this.#post('connections', { do: 'silence' }, options);
  }

  resume(options) {
    return this.#post('connections', { do: 'resume' }, options);
  }

  restart(options) {
    return this.#post('restart', undefined, options);
  }

  stop() {
    return this.#post('stop');
  }

  start() {
    return this.#post('start');
  }

  // The simulator itself.

  about() {
    return this.#get('', named);
  }

  command(method, path, body) {
    return this.#control.send(method, path, body);
  }

  reset() {
    return this.#post('reset');
  }

  setSpeed(speed) {
    return this.#post('speed', { speed });
  }
}

// Node has had these since 18.18.
if (Symbol.asyncDispose !== undefined) {
  Object.defineProperty(Simulator.prototype, Symbol.asyncDispose, { value: Simulator.prototype.close });
}
if (Symbol.dispose !== undefined) {
  Object.defineProperty(Simulator.prototype, Symbol.dispose, {
    value() {
      this.close();
    },
  });
}

module.exports = { Call, ExpectationError, Simulator, SimulatorError };
