'use strict';
// A server for one test: it answers what the test says, remembers what it was asked, and sends the given events.
// Unless told otherwise it knows nothing but Asterisk's own description of ARI, /ari/api-docs.

const { spawn } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const { readFileSync } = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { WebSocketServer } = require('ws');

const USER = 'tester';
const PASSWORD = 's3cr3t';
const PACKAGE = path.join(__dirname, '..');
const DOCUMENTS = path.join(__dirname, '../../../test_resources/asterisk');

/** Asterisk's description of a resource, or the list of them. */
function documentOf(name) {
  const file = name === 'resources' ? 'resources.json' : `api-docs/${name}.json`;
  return JSON.parse(readFileSync(`${DOCUMENTS}/${file}`, 'utf8'));
}

const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

class Fake extends EventEmitter {
  /** Starts one on a free port. `prefix` stands before /ari. */
  static async start({ prefix = '' } = {}) {
    const fake = new Fake();
    fake.prefix = prefix;
    fake.server = http.createServer();
    fake.server.on('request', (request, response) => fake.#request(request, response));
    fake.server.on('upgrade', (request, socket, head) => fake.#upgrade(request, socket, head));
    fake.server.on('connection', (socket) => {
      fake.open.add(socket);
      socket.on('error', () => {}); // the client may go whenever it likes
      socket.on('close', () => fake.open.delete(socket));
    });
    fake.server.listen(0, '127.0.0.1');
    await once(fake.server, 'listening');
    fake.url = `http://127.0.0.1:${fake.server.address().port}${prefix}`;
    return fake;
  }

  constructor() {
    super();
    this.asked = [];
    this.answers = new Map();
    /** Who may come in. */
    this.users = new Map([[USER, PASSWORD]]);
    /** The event connections, as sockets of `ws`; each has its request as `request`. */
    this.sockets = [];
    /** How many of the next event connections are turned away, by closing them. */
    this.refuse = 0;
    this.open = new Set();
    this.webSockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] });
  }

  /** Ends every connection without a word and listens no more. */
  async close() {
    const closed = new Promise((done) => this.server.close(done));
    for (const socket of this.open) socket.destroy();
    await closed;
  }

  /** What to answer: a Buffer or a text as it is, undefined as an empty 204, all else as JSON. */
  answer(method, url, status, answer) {
    this.answers.set(
      `${method} ${this.prefix}/ari${url}`,
      typeof status === 'function' ? status : () => [status, answer],
    );
  }

  /** Requests besides the description, the question for the server's version and the event connections. */
  get calls() {
    const setup = ({ path, query }) => /\/ari\/(api-docs\/|events$)/.test(path) || query === 'only=system';
    return this.asked.filter((asked) => !setup(asked));
  }

  get last() {
    return this.calls.at(-1);
  }

  /** The event connection of that number (from 1), when it is there. */
  async socket(number = 1) {
    while (this.sockets.length < number) await once(this, 'socket');
    return this.sockets[number - 1];
  }

  #allowed(request) {
    const key = new URLSearchParams(request.url.split('?')[1]).get('api_key');
    const { authorization } = request.headers;
    return [...this.users].some(
      ([user, password]) => authorization === basic(user, password) || key === `${user}:${password}`,
    );
  }

  #note(request, body = '') {
    const [path, query = ''] = request.url.split('?');
    const asked = { method: request.method, path, query, body, headers: request.headers };
    Object.defineProperty(asked, 'json', { get: () => JSON.parse(body) });
    this.asked.push(asked);
    return asked;
  }

  async #request(request, response) {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const asked = this.#note(request, body);
    const found = this.answers.get(`${asked.method} ${asked.path}`) ?? this.answers.get('* *');
    let [status, answer] = [404, { message: `nothing at ${asked.path}` }];
    if (!this.#allowed(request)) [status, answer] = [401, { error: 'Authentication required' }];
    else if (found) [status, answer] = await found(asked, response);
    else if (asked.path.startsWith(`${this.prefix}/ari/api-docs/`))
      [status, answer] = this.#document(asked.path);
    if (response.destroyed) return;
    const raw = typeof answer === 'string' || Buffer.isBuffer(answer);
    const content = Buffer.from(answer === undefined ? '' : raw ? answer : JSON.stringify(answer));
    response.writeHead(status, {
      'Content-Type': Buffer.isBuffer(answer) ? 'audio/x-wav' : 'application/json',
      'Content-Length': content.length,
    });
    response.end(content);
  }

  #document(path) {
    const name = path.slice(path.lastIndexOf('/') + 1, -'.json'.length);
    return [200, { ...documentOf(name), basePath: `${this.url}/ari` }];
  }

  #upgrade(request, socket, head) {
    const asked = this.#note(request);
    this.emit('upgrade', asked);
    if (this.refuse > 0) {
      this.refuse -= 1;
      socket.destroy();
    } else if (!this.#allowed(request)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    } else {
      this.webSockets.handleUpgrade(request, socket, head, (connection) => {
        connection.on('error', () => {});
        connection.asked = asked;
        /** Sends events (texts as they are) in one write, so that they come at once. */
        connection.sendAll = (...events) => {
          socket.cork();
          for (const event of events)
            connection.send(typeof event === 'string' ? event : JSON.stringify(event));
          socket.uncork();
        };
        this.sockets.push(connection);
        this.emit('socket', connection);
      });
    }
  }
}

/** A server and a client of it, for the duration of a test. */
async function scene(t, { options, ...how } = {}) {
  const fake = await Fake.start(how);
  t.after(() => fake.close());
  const client = await require(PACKAGE).connect(fake.url, USER, PASSWORD, options);
  t.after(() => client.stop());
  return { fake, client };
}

/** The same with an event connection. */
async function started(t, how) {
  const { fake, client } = await scene(t, how);
  await client.start('hello');
  return { fake, client, socket: await fake.socket() };
}

let marks = 0;

/** Sends events and waits until they have been handled: a mark that is sent behind them has come. */
async function deliver(client, socket, ...events) {
  marks += 1;
  const mark = { type: 'TextMessageReceived', application: `mark ${marks}` };
  const arrived = new Promise((done) => {
    client.on(mark.type, function listener({ application }) {
      if (application !== mark.application) return;
      client.removeListener(mark.type, listener);
      done();
    });
  });
  socket.sendAll(...events, mark);
  await arrived;
}

/** Runs a program of its own, whose `ari` is our package and `url`, `user`, `password` the server's. */
async function run(fake, program, ...flags) {
  const head = `const ari = require(${JSON.stringify(PACKAGE)});
    const [url, user, password] = ${JSON.stringify([fake.url, USER, PASSWORD])};`;
  const child = spawn(process.execPath, [...flags, '-e', head + program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const [out, err] = [[], []];
  child.stdout.on('data', (piece) => out.push(piece));
  child.stderr.on('data', (piece) => err.push(piece));
  const [code, signal] = await ended;
  return { code: code ?? signal, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

module.exports = { Fake, PACKAGE, PASSWORD, USER, basic, deliver, documentOf, run, scene, started };
