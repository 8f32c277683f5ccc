'use strict';
// Runs the conformance table (docs/conformance.md): does what each case says, reports what it saw, and lets the server
// judge. A process of its own, because what handlers throw on purpose is an uncaughtException, which node:test wants
// for itself.

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const path = require('node:path');
const readline = require('node:readline');
const { inspect, isDeepStrictEqual } = require('node:util');
const ari = require('..');

const AT_ONCE = 8; // cases under way at once: many of them only wait
const PATIENCE = 30_000;
const ROOT = path.join(__dirname, '../../..');

// The table assumes the defaults of the core, and numbers that are exact.
const DEFAULTS = { reconnect: 'lost', first_attempts: 1, unknown_parameters: 'refuse', bigIntegers: true };

/** JSON with every integer exact: what a double cannot hold is a BigInt. */
const exact = {
  parse(text) {
    const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
      /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"exactly ${token}"` : token,
    );
    return JSON.parse(marked, (_, value) => {
      const [, digits] = /^exactly (-?\d+)$/.exec(value) ?? [];
      return digits === undefined ? value : BigInt(digits);
    });
  },
  stringify(value) {
    const marked = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `exactly ${each}` : each));
    return marked.replace(/"exactly (-?\d+)"/g, '$1');
  },
};

/** The server with the cases. */
class Table {
  async start() {
    this.url = process.env.ARI_CONFORMANCE;
    if (this.url) return;
    const folder = process.env.CARGO_TARGET_DIR || path.join(ROOT, 'target');
    const resources = path.join(ROOT, 'test_resources/conformance');
    const binary = path.join(folder, 'debug', 'ari-conformance');
    this.server = spawn(binary, ['serve', '--resources', resources], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(readline.createInterface(this.server.stdout), 'line');
    this.url = JSON.parse(line).url;
  }

  ask(method, target, body) {
    return new Promise((resolve, reject) => {
      const request = http.request(this.url + target, { method, agent: false }, (answer) => {
        const chunks = [];
        answer.on('error', reject);
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => resolve(exact.parse(Buffer.concat(chunks).toString() || 'null')));
      });
      request.on('error', reject);
      request.end(body === undefined ? undefined : exact.stringify(body));
    });
  }

  async verdict(surface, id, outcome) {
    const { problems = [] } = await this.ask('POST', `/verdict/${id}?surface=${surface}`, outcome);
    return problems;
  }

  /** Whether the server has seen every case pass. */
  async isComplete(surface) {
    const { line, complete } = await this.ask('GET', `/tally/${surface}`);
    if (this.server) console.log(line);
    return complete;
  }

  stop() {
    this.server?.stdin.end();
  }
}

/** What handlers fail with on purpose; anything else that nobody catches is a mistake. */
const onPurpose = new WeakSet();

function tolerate(error) {
  if (onPurpose.has(error)) return;
  console.error('conformance: node: nobody caught', error);
  process.exit(1);
}

/** What is an object with operations in other languages and plain data here, as it was for the programs of old. */
const PLAIN = {
  'asterisk.getModule': 'Module',
  'asterisk.listLogChannels': 'LogChannel',
  'asterisk.listModules': 'Module',
};

/** So their operations are those of the resource alone, with this parameter. */
const NAMED_BY = { LogChannel: 'logChannelName', Module: 'moduleName' };

/** JavaScript itself finds that there is no such operation; what counts is that nothing is sent. */
class Unknown extends Error {}

class Run {
  constructor(table, test, callbacks) {
    this.table = table;
    this.test = test;
    this.callbacks = callbacks;
    this.registered = new Map();
    this.functions = new Map();
    this.handled = [];
    this.underWay = [];
  }

  register(handler) {
    if (this.registered.has(handler.name)) return;
    const { on = 'client' } = handler;
    const call =
      this.functions.get(handler.same_as) ?? ((event, resources) => this.handle(handler, event, resources));
    this.functions.set(handler.name, call);
    const target = on === 'client' ? this.client : this.client[on.class](identity(on));
    this.registered.set(handler.name, target.addEventHandler(handler.event, call));
  }

  handle(handler, event, resources) {
    this.handled.push({ handler: handler.name, event, objects: objectsOf(event, resources) });
    const actions = (handler.does ?? []).flatMap(Object.entries);
    // What comes before the first call happens at once, as in the function that a program would write.
    while (actions.length > 0 && actions[0][0] !== 'call') this.act(...actions.shift());
    if (actions.length === 0) return undefined;
    const rest = this.finish(actions);
    this.underWay.push(rest.catch(() => {}));
    return rest.then(() => {}); // a promise of its own, which nobody handles when it is rejected
  }

  /** Runs events by `start`, which gives back control at the beginning: what tells the end are the client's own events. */
  async start() {
    const { apps, subscribe_all: subscribeAll, options } = this.test;
    const end = new Promise((resolve, reject) => {
      this.stopped = resolve;
      let failed;
      // A frame that is no event is told as an error, too; it ends nothing.
      this.client.addEventHandler('UnreadableFrame', () => {
        failed = undefined;
      });
      this.client.on('error', (error) => {
        failed = error;
        setImmediate(() => failed === error && reject(error));
      });
      this.client.addEventHandler(
        'ConnectionClosed',
        () => options.reconnect !== 'always' && setImmediate(resolve),
      );
    });
    end.catch(() => {});
    await this.client.start(apps, subscribeAll);
    await end;
  }

  async finish(actions) {
    for (const [verb, what] of actions) {
      try {
        await this.act(verb, what);
      } catch (error) {
        onPurpose.add(error);
        throw error;
      }
    }
  }

  act(verb, what) {
    if (verb === 'add') return this.register(what);
    if (verb === 'call') return this.call(what);
    if (verb === 'stop') {
      this.client.stop();
      return this.stopped?.();
    }
    if (verb === 'sleep') return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, what);
    if (verb === 'hold') return this.hold();
    if (verb === 'remove') {
      this.registered.get(what)?.close();
      return this.registered.delete(what);
    }
    const error = new Error(verb === 'raise' ? what : `this runner does not know the action ${verb}`);
    if (verb === 'raise') onPurpose.add(error);
    throw error;
  }

  /** Does nothing until the server answers: another process waits for it, and this one for that. */
  hold() {
    const url = `${this.table.url}/hold/${this.test.id}`;
    const wait = `require('http').request('${url}', { method: 'POST' }, (answer) => answer.resume()).end()`;
    spawnSync(process.execPath, ['-e', wait], { timeout: PATIENCE });
  }

  /** Calls an operation the way programs do: by the method of the resource or an object, with a callback or without. */
  call({ operation, arguments: given, on }) {
    const name = NAMED_BY[on?.class];
    if (name !== undefined) return this.call({ operation, arguments: { ...given, [name]: on.id } });
    const [resource, nickname] = operation.split('.');
    const target = on === undefined ? this.client[resource] : this.client[on.class](identity(on));
    if (typeof target?.[nickname] !== 'function') throw new Unknown(`${operation} is not a function`);
    if (!this.callbacks) return target[nickname](given);
    return new Promise((resolve, reject) => {
      target[nickname](given, (error, result) => (error ? reject(error) : resolve(result)));
    });
  }

  async outcome() {
    try {
      return await this.carryOut();
    } catch (error) {
      return failure(error);
    }
  }

  async carryOut() {
    const { test } = this;
    this.client = await ari.connect(test.url, test.username, test.password, { ...DEFAULTS, ...test.options });
    switch (test.kind) {
      case 'connect':
        return { nothing: true };
      case 'call':
        return value(await this.call(test.call), PLAIN[test.call.operation] ?? null);
      case 'request': {
        const { method, path: target, query, body } = test.request;
        return value(await this.client.request(method, target, query, body));
      }
      case 'upgrade':
        for await (const _ of await this.call(test.call));
        return {};
      case 'events':
        for (const handler of test.handlers ?? []) this.register(handler);
        if (this.callbacks) await this.start();
        else for await (const _ of this.client.events(test.apps, { subscribeAll: test.subscribe_all }));
        return {};
      default:
        throw new Error(`this runner does not know cases of kind ${test.kind}`);
    }
  }
}

/** The argument that makes an object without a request. */
function identity({ class: name, id }) {
  if (name !== 'Endpoint') return id;
  const slash = id.indexOf('/');
  return { technology: id.slice(0, slash), resource: id.slice(slash + 1) };
}

const isObject = (given) =>
  typeof given === 'object' &&
  given !== null &&
  ![Object.prototype, Array.prototype].includes(Object.getPrototypeOf(given));

const idOf = (object) =>
  object.constructor.name === 'Endpoint'
    ? `${object.technology}/${object.resource}`
    : (object.id ?? object.name);

/** The objects among the fields. One alone comes without the name of its field, which is the one it was made from. */
function objectsOf(event, resources) {
  if (resources === undefined) return {};
  const alone = isObject(resources);
  const same = ([, field]) => isDeepStrictEqual({ ...field }, data(resources));
  const found = alone ? [[Object.entries(event).find(same)?.[0], resources]] : Object.entries(resources);
  return Object.fromEntries(
    found.map(([field, object]) => [field, { class: object.constructor.name, id: idOf(object) }]),
  );
}

const data = (object) => exact.parse(exact.stringify(object));

/** The outcome; `plain` is the class to report for what is no object here, `undefined` where no classes count. */
function value(result, plain) {
  if (result === undefined || result === '') return { nothing: true };
  if (Buffer.isBuffer(result)) return { base64: result.toString('base64') };
  const kind = (each) => (isObject(each) ? each.constructor.name : plain);
  const kinds = Array.isArray(result) ? result.map(kind) : kind(result);
  // An empty list is one of objects as well as of anything else.
  const objects =
    plain !== undefined && (Array.isArray(kinds) ? kinds.length === 0 || kinds.some(Boolean) : kinds);
  return { json: result, ...(objects ? { object: kinds } : {}) };
}

function failure(error) {
  if (error instanceof Unknown) {
    const told = { class: 'IllegalInputException', classes: ['AriException'], delivery: 'not sent' };
    return { error: { ...told, message: error.message, text: error.message } };
  }
  if (!(error instanceof ari.AriException)) throw error;
  const classes = [];
  for (let each = error.constructor; each !== Function.prototype; each = Object.getPrototypeOf(each))
    classes.push(each.name);
  return {
    error: {
      class: classes[0],
      classes,
      status: error.status,
      message: error.reason ?? error.message,
      delivery: error.delivery,
      body: error.body,
      text: `${inspect(error)} ${error}`,
    },
  };
}

async function judge(table, test, surface) {
  const run = new Run(table, test, surface === 'javascript-callbacks');
  const problems = await new Promise((resolve) => {
    const alarm = setTimeout(resolve, PATIENCE, ['it did not come to its end']);
    const end = (told) => {
      clearTimeout(alarm);
      resolve(told);
    };
    run
      .outcome()
      .then(async (outcome) => {
        await Promise.all(run.underWay);
        run.client?.stop();
        end(await table.verdict(surface, test.id, { ...outcome, handled: run.handled }));
      })
      .catch((error) => end([`the runner failed: ${inspect(error)}`]));
  });
  run.client?.stop();
  return problems.map((problem) => `${test.id} (${test.file}): ${problem}`);
}

/** Runs cases side by side, each once, and prints what is wrong; gives whether nothing is. */
async function play(table, cases, surface) {
  const waiting = cases[Symbol.iterator]();
  const problems = [];
  const work = async () => {
    for (const test of waiting) {
      problems.push(...(await judge(table, test, surface)));
      await table.ask('POST', `/reset/${test.id}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const problem of problems) console.error(`${surface}: ${problem}`);
  return (await table.isComplete(surface)) && problems.length === 0;
}

async function main() {
  process.on('uncaughtException', tolerate);
  process.on('unhandledRejection', tolerate);
  const table = new Table();
  await table.start();
  const cases = (await table.ask('GET', '/cases')).filter(({ id }) => id.includes(process.argv[2] ?? ''));
  const promises = await play(table, cases, 'javascript');
  const callbacks = await play(table, cases, 'javascript-callbacks');
  table.stop();
  process.exitCode = promises && callbacks ? 0 : 1;
}

main();
