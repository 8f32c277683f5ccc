'use strict';
// The runtime with its addon, against a server of the test's: giving up, iterating, ending, several at once.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { inspect } = require('node:util');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const ari = require('..');
const { CORE } = require('../lib/call');
const { PASSWORD, USER, PACKAGE, run, scene, started } = require('./fake');

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const tick = (n, more) => ({ type: 'Tick', n, ...more });

test('a call is given up by its signal', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels', async () => {
    await pause(200);
    return [200, []];
  });
  const controller = new AbortController();
  const { signal } = controller;
  const all = Array.from({ length: 30 }, () => client.channels.list({ signal }));
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 20);
  for (const call of all) {
    const error = await call.catch((error) => error);
    assert.ok(error instanceof ari.AriException);
    assert.deepEqual(
      [error.name, error.code, error.cause, error.delivery],
      ['AbortError', 'ABORT_ERR', reason, 'outcome unknown'],
    );
    assert.equal(error.operation, 'channels.list');
  }
  const before = fake.calls.length;
  await assert.rejects(client.channels.list({ signal }), { name: 'AbortError', delivery: 'not sent' });
  await assert.rejects(client.request('GET', '/channels', null, null, { signal }), { name: 'AbortError' });
  assert.equal(fake.calls.length, before);
  await assert.rejects(client.channels.list({ signal: 5 }), ari.IllegalInputException);
  await assert.rejects(ari.connect(fake.url, USER, PASSWORD, { signal }), { name: 'AbortError' });
});

test('one signal for many calls is no leak', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels', 200, []);
  const seen = [];
  const listener = (warning) => seen.push(warning.name);
  process.on('warning', listener);
  t.after(() => process.off('warning', listener));
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i += 1)
    await Promise.all(Array.from({ length: 20 }, () => client.channels.list({ signal })));
  await pause(5);
  assert.deepEqual(seen, []);
});

test('a client shows no password', async (t) => {
  const { client } = await scene(t);
  for (const shown of [
    inspect(client, { depth: 20, showHidden: true }),
    JSON.stringify(client),
    String(client),
  ]) {
    assert.doesNotMatch(shown, new RegExp(PASSWORD));
  }
  assert.match(inspect({ channel: client.Channel('x') }), /channel: Channel { id: 'x' }/);
});

test('who waits for an event is in time for the next one', async (t) => {
  const { client, socket } = await started(t);
  const arrived = once(client, 'Tick');
  socket.sendAll(tick(1), tick(2), { type: 'Tock', n: 3 });
  const [{ n }] = await arrived;
  const rest = [];
  client.on('Tick', (event) => rest.push(event.n));
  const [tock] = await once(client, 'Tock');
  assert.deepEqual([n, rest, tock.n], [1, [2], 3]);
});

test('who waits for an answer is in time for the events that came after it', async (t) => {
  const { fake } = await scene(t);
  fake.on('socket', (socket) => socket.sendAll({ type: 'Go' }));
  fake.answer('GET', '/channels', async () => {
    setTimeout(async () => (await fake.socket()).sendAll(tick(1), tick(2)), 50);
    return [200, []];
  });
  const program = `ari.connect(url, user, password).then(async (client) => {
    client.on('Go', async () => {
      const call = client.channels.list();
      for (const until = performance.now() + 200; performance.now() < until; );
      await call;
      client.on('Tick', ({ n }) => { console.log(n); if (n === 2) client.stop(); });
    });
    await client.start('a');
  });`;
  assert.deepEqual(await run(fake, program), { code: 0, out: '1\n2\n', err: '' });
});

test('an iteration gives every event, ends with a loop, and leaves nothing behind', async (t) => {
  const { fake, client } = await scene(t);
  const size = client[CORE].registry.size;
  const seen = [];
  const handled = [];
  client.on('Tick', (event) => handled.push(event.n));
  fake.socket().then((socket) => socket.sendAll(tick(1), tick(2), tick(3), tick(4)));
  for await (const event of client.events(['a', 'b'], { subscribeAll: true })) {
    if (event.type !== 'Tick') continue;
    seen.push(event.n);
    assert.equal(handled.at(-1), event.n);
    if (event.n === 3) break;
  }
  assert.deepEqual(seen, [1, 2, 3]);
  const socket = await fake.socket();
  assert.equal(socket.asked.query, 'app=a%2Cb&subscribeAll=true');
  await once(socket, 'close');
  client.removeAllListeners();
  assert.equal(client[CORE].registry.size, size);
  assert.equal(client[CORE].connections.size, 0);
});

test('an iteration ends with stop, and with an error when the connection cannot be made', async (t) => {
  const { fake, client } = await scene(t, { options: { maxRetries: 0 } });
  const events = client.events('a');
  assert.equal((await events.next()).value.type, 'Connected');
  const next = events.next();
  client.stop();
  assert.deepEqual(await next, { value: undefined, done: true });
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  fake.refuse = 1;
  const refused = client.events('a');
  await assert.rejects(refused.next(), { message: /WebSocketMaxRetries/ });
  assert.equal((await refused.next()).done, true);
  await assert.rejects(client.events('').next(), ari.IllegalInputException);
});

test('a slow reader of an iteration loses nothing', async (t) => {
  const { fake, client } = await scene(t);
  const events = client.events('a');
  const socket = await fake.socket();
  socket.sendAll(...Array.from({ length: 10_000 }, (_, n) => tick(n)), { type: 'End' });
  await pause(100);
  const seen = [];
  for await (const event of events) {
    if (event.type === 'Tick') seen.push(event.n);
    if (event.type === 'End') break;
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 10_000 }, (_, n) => n),
  );
});

test('an iteration is given up by its signal', async (t) => {
  const { client } = await scene(t);
  const controller = new AbortController();
  const events = client.events('a', { signal: controller.signal });
  await events.next();
  setTimeout(() => controller.abort(), 5);
  await assert.rejects(events.next(), { name: 'AbortError' });
  assert.equal(client[CORE].connections.size, 0);
});

test('eventWebsocket gives an iteration that is open, to callbacks as well', async (t) => {
  const { fake, client } = await scene(t);
  const events = await client.events.eventWebsocket({ app: 'a' });
  (await fake.socket(1)).sendAll(tick(1));
  assert.equal((await events.next()).value.type, 'Connected');
  assert.equal((await events.next()).value.n, 1);
  await events.return();
  const other = await new Promise((done) =>
    client.events.eventWebsocket({ app: 'b' }, (_, stream) => done(stream)),
  );
  assert.equal((await other.next()).value.application, 'b');
});

test('stop while it starts settles start at once, and nothing is emitted', async (t) => {
  const { fake, client } = await scene(t);
  const emitted = [];
  for (const name of ['WebSocketConnected', 'WebSocketReconnecting', 'WebSocketMaxRetries', 'error']) {
    client.on(name, () => emitted.push(name));
  }
  fake.refuse = 100;
  const start = client.start('a');
  setTimeout(() => client.stop(), 150);
  await assert.rejects(start, { name: 'ConnectionException', message: /closed before it was open/ });
  emitted.length = 0;
  const second = client.start('a');
  client.stop();
  await assert.rejects(second, ari.ConnectionException);
  await pause(300);
  assert.deepEqual(emitted, []);
});

test('several connections at once keep their order each', async (t) => {
  const { fake, client } = await scene(t);
  await Promise.all([client.start('a'), client.start('b'), client.start('c')]);
  const seen = new Map([
    ['a', []],
    ['b', []],
    ['c', []],
  ]);
  client.on('Tick', ({ app, n }) => seen.get(app).push(n));
  const ends = [];
  const all = new Promise((done) => client.on('End', ({ app }) => ends.push(app) === 3 && done()));
  const apps = ['a', 'b', 'c'];
  for (const [index, app] of apps.entries()) {
    const socket = await fake.socket(index + 1);
    socket.sendAll(...Array.from({ length: 2000 }, (_, n) => tick(n, { app })), { type: 'End', app });
  }
  await all;
  for (const app of apps)
    assert.deepEqual(
      seen.get(app),
      Array.from({ length: 2000 }, (_, n) => n),
    );
});

test('a flood leaves the event loop its turns', async (t) => {
  const { client, socket } = await started(t);
  let turns = 0;
  let over = false;
  client.on('Tick', ({ n }) => {
    if (n === 0) setImmediate(count);
    for (const until = performance.now() + 0.1; performance.now() < until; );
  });
  const count = () => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  const end = once(client, 'End');
  socket.sendAll(...Array.from({ length: 500 }, (_, n) => tick(n)), { type: 'End' });
  await end;
  over = true;
  assert.ok(turns > 5, `${turns} turns in 50 ms`);
});

test('a connection that is not made again is told', async (t) => {
  const { client, socket } = await started(t, { options: { reconnect: 'never' } });
  const [warned] = [once(process, 'warning'), socket.terminate()];
  const [warning] = await warned;
  assert.equal(warning.name, 'AriWarning');
  assert.match(warning.message, /lost/);
  const again = await started(t, { options: { reconnect: 'never' } });
  const failed = once(again.client, 'error').then(
    ([error]) => error,
    (error) => error,
  );
  again.socket.terminate();
  assert.ok((await failed) instanceof ari.ConnectionException);
  const events = again.client.events('b');
  await events.next();
  (await again.fake.socket(2)).terminate();
  assert.equal((await events.next()).value.type, 'ConnectionLost');
  await assert.rejects(events.next(), ari.ConnectionException);
  assert.equal(client[CORE].connections.size + again.client[CORE].connections.size, 0);
});

test('tries that are used up are told', async (t) => {
  const { fake, client, socket } = await started(t, { options: { maxRetries: 2, minDelay: 0.01 } });
  const attempts = [];
  client.on('WebSocketReconnecting', (error) => attempts.push(error));
  const given = once(client, 'WebSocketMaxRetries');
  fake.refuse = 10;
  socket.terminate();
  assert.ok((await given)[0] instanceof ari.ConnectionException);
  assert.equal(attempts.length, 2);
  assert.ok(attempts.every((error) => error instanceof ari.ConnectionException && error.message.length > 0));
});

test('events that had to be given up are a warning, unless somebody handles that', async (t) => {
  const flood = (socket) =>
    socket.sendAll(...Array.from({ length: 500 }, (_, n) => tick(n)), { type: 'End' });
  const block = () => {
    for (const until = performance.now() + 300; performance.now() < until; );
  };
  const program = `ari.connect(url, user, password, { queueBytes: 2000 }).then(async (client) => {
    HANDLER
    client.on('Block', (${block}));
    client.on('End', () => client.stop());
    await client.start('a');
  });`;
  const { fake } = await scene(t);
  fake.on('socket', (socket) => {
    socket.sendAll({ type: 'Block' });
    setTimeout(flood, 100, socket);
  });
  const quiet = await run(fake, program.replace('HANDLER', ''));
  assert.match(quiet.err, /AriWarning: \d+ events \(\d+ bytes\) waited too long/);
  const handled = await run(
    fake,
    program.replace('HANDLER', "client.on('EventsDropped', (e) => console.log(e.count > 0));"),
  );
  assert.deepEqual(handled, { code: 0, out: 'true\n', err: '' });
});

test('a worker may be ended at any time', async (t) => {
  const { fake } = await scene(t);
  fake.answer('GET', '/channels', 200, []);
  const flood = setInterval(() => {
    for (const socket of fake.sockets) socket.sendAll(...Array.from({ length: 500 }, (_, n) => tick(n)));
  }, 1);
  t.after(() => clearInterval(flood));
  const program = `const { parentPort } = require('node:worker_threads');
    const ari = require(${JSON.stringify(PACKAGE)});
    ari.connect(${JSON.stringify(fake.url)}, ${JSON.stringify(USER)}, ${JSON.stringify(PASSWORD)}).then(async (client) => {
      client.on('*', () => {});
      await client.start('w');
      parentPort.postMessage('up');
      for (;;) await client.channels.list();
    });`;
  for (let i = 0; i < 6; i += 1) {
    const worker = new Worker(program, { eval: true });
    await once(worker, 'message');
    await pause(i * 7);
    await worker.terminate();
  }
});

test('the process ends by itself after stop, after calls, and in the middle of nothing', async (t) => {
  const { fake } = await scene(t);
  fake.answer('GET', '/channels', 200, []);
  const programs = [
    'ari.connect(url, user, password).then((client) => client.channels.list()).then((all) => console.log(all.length));',
    'ari.connect(url, user, password).then(async (client) => { await client.start("a"); client.stop(); console.log(0); });',
    'ari.connect(url, user, password).then(async (client) => { client.start("a").catch(() => console.log(0)); client.stop(); });',
    'ari.connect(url, user, password).then(async (client) => { for await (const _ of client.events("a")) break; console.log(0); });',
    `ari.connect(url, user, password).then(async (client) => {
      const c = new AbortController();
      client.channels.list({ signal: c.signal }).catch(() => console.log(0));
      c.abort();
    });`,
  ];
  for (const program of programs) {
    assert.deepEqual(await run(fake, program), { code: 0, out: '0\n', err: '' }, program);
  }
});

test('what a handler throws ends the process, or the stream goes on', async (t) => {
  const { fake } = await scene(t);
  fake.on('socket', (socket) => setTimeout(() => socket.sendAll(tick(1), tick(2)), 20));
  const program = `ari.connect(url, user, password).then(async (client) => {
    client.on('Tick', ({ n }) => { console.log('first', n); throw new Error('on purpose'); });
    client.on('Tick', ({ n }) => { console.log('second', n); if (n === 2) setTimeout(() => client.stop()); });
    await client.start('a');
  });`;
  const dead = await run(fake, program);
  assert.equal(dead.code, 1);
  assert.equal(dead.out, 'first 1\nsecond 1\n');
  assert.match(dead.err, /on purpose/);
  const alive = await run(fake, `process.on('uncaughtException', (e) => console.log(e.message)); ${program}`);
  assert.equal(alive.out, 'first 1\nsecond 1\non purpose\nfirst 2\nsecond 2\non purpose\n');
  assert.equal(alive.code, 0);
});

test('options are refused by the names programs gave them', async () => {
  const connect = (options) => ari.connect('http://127.0.0.1:9', 'u', 'p', options).catch((error) => error);
  for (const [options, pattern] of [
    [{ requestTimout: 1 }, /"requestTimout".*requestTimeout/],
    [{ requestTimeout: 'soon' }, /requestTimeout has to be/],
    [{ requestTimeout: NaN }, /requestTimeout/],
    [{ maxRetries: -1 }, /maxRetries/],
    [{ strict: 1 }, /strict/],
    [[], /object/],
  ]) {
    const error = await connect(options);
    assert.ok(error instanceof ari.IllegalInputException, inspect(error));
    assert.match(error.message, pattern);
    assert.equal(error.delivery, 'not sent');
  }
  assert.ok(
    (await ari.connect('localhost', 'u', 'p').catch((error) => error)) instanceof ari.IllegalInputException,
  );
  assert.ok(
    (await ari.connect(undefined, 'u', 'p').catch((error) => error)) instanceof ari.IllegalInputException,
  );
  assert.throws(() => new ari.Client(), TypeError);
});

test('requests of the programs own', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('POST', '/new', async ({ query, body }) => [200, { query, body: body && JSON.parse(body) }]);
  const ask = (...given) => client.request('POST', '/new', ...given);
  assert.deepEqual(
    await ask({ a: [1, 'x y'], b: null, c: undefined, d: true, e: 9007199254740993n }, { z: [null] }),
    {
      query: 'a=1%2Cx%20y&d=true&e=9007199254740993',
      body: { z: [null] },
    },
  );
  assert.equal((await ask(new URLSearchParams('q=1&q=2'))).query, 'q=1&q=2');
  assert.equal((await ask([['q', 1]])).query, 'q=1');
  await assert.rejects(ask(5), ari.IllegalInputException);
  await assert.rejects(ask({ a: NaN }), ari.IllegalInputException);
  await assert.rejects(client.request('POST', 5), ari.IllegalInputException);
  await assert.rejects(client.request('POST', 'x'), ari.IllegalInputException);
});
