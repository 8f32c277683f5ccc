'use strict';
// A real Asterisk for the tests: the one that ARI_URL names, or one of our own.

const { spawn } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const { once } = require('node:events');
const path = require('node:path');
const readline = require('node:readline');
const ari = require('..');

const PACKAGE = path.join(__dirname, '..');
const SCRIPT = path.join(PACKAGE, '../../scripts/asterisk/asterisk.py');
const PATIENCE = 20_000;

const { ARI_URL, ARI_USERNAME = 'hey', ARI_PASSWORD = 'peekaboo' } = process.env;

/** Why a test that kills its Asterisk is left out; `undefined` where it may. */
const notOurs =
  ARI_URL === undefined
    ? undefined
    : 'ARI_URL names the Asterisk to use, and one of somebody else is not killed';

/** Where a server is; and, of our own, the process that keeps it. */
class Asterisk {
  constructor({ url, username, password }, keeper, answers) {
    Object.assign(this, { url, username, password, keeper, answers });
    this.clients = [];
    this.programs = [];
  }

  static async any() {
    return ARI_URL === undefined
      ? Asterisk.own()
      : new Asterisk({ url: ARI_URL, username: ARI_USERNAME, password: ARI_PASSWORD });
  }

  /** One that ends with this process at the latest. */
  static async own() {
    const keeper = spawn('python3', [SCRIPT, 'up', '--ephemeral'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = readline.createInterface(keeper.stdout)[Symbol.asyncIterator]();
    const { value: line } = await answers.next();
    if (line === undefined)
      throw new Error('no Asterisk of our own could be started; what failed stands above');
    return new Asterisk(JSON.parse(line), keeper, answers);
  }

  /** `connect` with this Asterisk's address and credentials. */
  async connect(options) {
    const client = await ari.connect(this.url, this.username, this.password, options);
    this.clients.push(client);
    return client;
  }

  /** kill, stop, start, restart, freeze, thaw, or cli and a command of Asterisk's console. */
  async command(line) {
    this.keeper.stdin.write(`${line}\n`);
    const answer = JSON.parse((await this.answers.next()).value);
    if (!answer.ok) throw new Error(`${line}: ${answer.error}`);
    return answer;
  }

  /** A program that has `ari`, `connect(options)` and `say(value)`, which comes back as a member of `said`. */
  program(source, ...flags) {
    this.programs.push(new Program(this, source, flags));
    return this.programs.at(-1);
  }

  /** Ends what a test that failed has left behind, too: it would keep this process alive. */
  async close() {
    for (const client of this.clients) client.stop();
    for (const program of this.programs) program.kill();
    if (this.keeper === undefined) return;
    const gone = once(this.keeper, 'exit');
    this.keeper.stdin.end();
    await gone;
  }
}

/** A Node process of its own, which must end by itself. */
class Program {
  constructor({ url, username, password }, source, flags) {
    const head = `const ari = require(${JSON.stringify(PACKAGE)});
      const connect = (options) => ari.connect(...${JSON.stringify([url, username, password])}, options);
      const say = (value) => console.log(JSON.stringify(value));\n`;
    this.child = spawn(process.execPath, [...flags, '-e', head + source], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.said = [];
    this.errors = '';
    this.lines = readline.createInterface(this.child.stdout);
    this.lines.on('line', (line) => this.said.push(JSON.parse(line)));
    this.child.stderr.on('data', (text) => {
      this.errors += text;
    });
    this.ended = once(this.child, 'close');
  }

  /** Waits until it has said something that is so. */
  async until(condition) {
    const there = async () => {
      while (!this.said.some(condition)) await once(this.lines, 'line');
    };
    const gone = this.ended.then(() => {
      if (!this.said.some(condition))
        throw new Error(`it ended before: ${JSON.stringify(this.said)} ${this.errors}`);
    });
    await within(Promise.race([there(), gone]), () => `${JSON.stringify(this.said)} ${this.errors}`);
  }

  /** Its exit code, or the signal that ended it. */
  async end() {
    const [code, signal] = await within(
      this.ended,
      () => `it goes on: ${JSON.stringify(this.said)} ${this.errors}`,
    );
    return code ?? signal;
  }

  kill() {
    this.child.kill('SIGKILL');
  }
}

/** A promise that does not wait for ever. */
async function within(promise, told, patience = PATIENCE) {
  let alarm;
  const late = new Promise((_, reject) => {
    alarm = setTimeout(() => reject(new Error(`this did not come about: ${told()}`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(alarm);
  }
}

/** All events of a client, to be waited for one by one. */
class Inbox {
  constructor(client) {
    this.waiting = [];
    this.wake = () => {};
    this.types = [];
    this.handle = client.addEventHandler('*', (event, resources) => {
      this.waiting.push([event, resources]);
      this.types.push(event.type);
      this.wake();
    });
  }

  /** The next event of a type in which the named objects have these ids (or names); with its objects. */
  async next(type, ids = {}) {
    const find = async () => {
      for (;;) {
        while (this.waiting.length > 0) {
          const [event, resources] = this.waiting.shift();
          const same = ([field, id]) => [event[field]?.id, event[field]?.name].includes(id);
          if (event.type === type && Object.entries(ids).every(same)) return [event, resources];
        }
        await new Promise((resolve) => {
          this.wake = resolve;
        });
      }
    };
    return within(find(), () => `${type} ${JSON.stringify(ids)} after ${this.types.slice(-10)}`);
  }
}

/** Tries until it holds. */
async function until(condition, told) {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`this did not come about: ${told()}`);
    await sleep(20);
  }
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const unique = (what) => `${what}-${randomUUID().slice(0, 13)}`;

module.exports = { Asterisk, Inbox, PACKAGE, notOurs, sleep, unique, until, within };
