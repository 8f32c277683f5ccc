'use strict';
// Connecting, as programs written for node-ari-client do it.
// What is called `ours` is where this package differs on purpose; all the rest was found to hold for the classic one, too.

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const test = require('node:test');
const ari = require('..');
const { Fake, PASSWORD, USER, basic, run, scene, started } = require('./fake');

const server = async (t, how) => {
  const fake = await Fake.start(how);
  t.after(() => fake.close());
  return fake;
};

test('connect gives a promise of the client', async (t) => {
  const { client } = await scene(t);
  assert.equal(typeof client.channels.list, 'function');
});

test('connect calls its callback once, asynchronously, and gives the promise too', async (t) => {
  const fake = await server(t);
  const calls = [];
  const promise = ari.connect(fake.url, USER, PASSWORD, (...got) => calls.push(got));
  assert.deepEqual(calls, []);
  const client = await promise;
  await client.channels.list().catch(() => {});
  assert.equal(calls.length, 1);
  const [[err, given]] = calls;
  assert.equal(err, null);
  assert.equal(given, client);
});

test('with a callback a failure is no unhandled rejection', async (t) => {
  const fake = await server(t);
  const { code, out, err } = await run(
    fake,
    `ari.connect('http://127.0.0.1:9', 'u', 'p', (err, client) => console.log(err.name, client));`,
  );
  assert.deepEqual([code, out, err], [0, 'HostIsNotReachable undefined\n', '']);
});

test('promises of connect and of operations have done()', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels', 200, []);
  const again = await new Promise((done) => ari.connect(fake.url, USER, PASSWORD).done(done));
  assert.equal(typeof again.start, 'function');
  assert.deepEqual(await new Promise((done) => client.channels.list().done(done)), []);
  const promise = client.channels.list();
  assert.equal(promise.then(() => {}).done(), undefined);
  await promise;
});

test('done() throws what nobody handled', async (t) => {
  const fake = await server(t);
  const { code, err } = await run(fake, `ari.connect('http://127.0.0.1:9', 'u', 'p').done();`);
  assert.notEqual(code, 0);
  assert.match(err, /ECONNREFUSED/);
});

test('the address may end with a slash', async (t) => {
  const fake = await server(t);
  fake.answer('GET', '/channels', 200, []);
  for (const url of [fake.url, `${fake.url}/`]) {
    const client = await ari.connect(url, USER, PASSWORD);
    await client.channels.list();
    assert.equal(fake.last.path, '/ari/channels');
  }
});

test('ours: the address may have a path prefix', async (t) => {
  const fake = await server(t, { prefix: '/pbx' });
  fake.answer('GET', '/channels', 200, []);
  for (const url of [fake.url, `${fake.url}/`]) {
    const client = await ari.connect(url, USER, PASSWORD);
    await client.channels.list();
    assert.equal(fake.last.path, '/pbx/ari/channels');
    await client.start('hello');
    client.stop();
  }
  assert.deepEqual(
    fake.sockets.map(({ asked }) => asked.path),
    ['/pbx/ari/events', '/pbx/ari/events'],
  );
});

test('ours: an address with https is spoken to in TLS, and nothing goes there in the open', async (t) => {
  const heard = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      heard.push(data);
      socket.destroy();
    });
  });
  t.after(() => server.close());
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  await assert.rejects(ari.connect(`https://127.0.0.1:${server.address().port}`, USER, PASSWORD));
  assert.ok(heard.length > 0);
  const [HANDSHAKE, CLIENT_HELLO] = [22, 1];
  for (const data of heard) assert.deepEqual([data[0], data[5]], [HANDSHAKE, CLIENT_HELLO]);
});

test('nobody there and unknown host have the name HostIsNotReachable and the code of the system', async () => {
  for (const [url, code] of [
    ['http://127.0.0.1:9', /^ECONNREFUSED$/],
    ['http://nobody.invalid:8088', /^(ENOTFOUND|EAI_AGAIN)$/],
  ]) {
    await assert.rejects(ari.connect(url, USER, PASSWORD), (err) => {
      assert.ok(err instanceof Error);
      assert.equal(err.name, 'HostIsNotReachable');
      assert.match(err.code, code);
      return true;
    });
  }
});

test('ours: a server that says nothing is HostIsNotReachable after connectTimeout or requestTimeout', async (t) => {
  const silent = http.createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => silent.closeAllConnections());
  t.after(() => silent.close());
  await new Promise((done) => silent.once('listening', done));
  const url = `http://127.0.0.1:${silent.address().port}`;
  await assert.rejects(ari.connect(url, USER, PASSWORD, { requestTimeout: 0.2 }), (err) => {
    assert.equal(err.name, 'HostIsNotReachable');
    assert.equal(err.code, 'ETIMEDOUT');
    return err instanceof Error;
  });
});

test('a failed connect that nobody handles does not end the process', async (t) => {
  const fake = await server(t);
  const { code, err } = await run(fake, `ari.connect('http://127.0.0.1:9', 'u', 'p');`);
  assert.equal(code, 0);
  assert.match(err, /ECONNREFUSED|Connection refused/);
});

test('ours: every other failure rejects with an Error, too', async (t) => {
  const fake = await server(t);
  const answers = {
    unauthorized: { answer: () => [401, { error: 'Authentication required' }], status: 401 },
    'not found': { answer: () => [404, '<html>Not Found</html>'], status: 404 },
    'no JSON': { answer: () => [200, '<html>Welcome</html>'] },
    'closed connection': { answer: (_, response) => [response.destroy()] },
  };
  for (const [name, { answer, status }] of Object.entries(answers)) {
    fake.answers.clear();
    fake.answers.set('* *', answer);
    await assert.rejects(ari.connect(fake.url, USER, PASSWORD), (err) => {
      assert.ok(err instanceof Error, name);
      if (status) assert.equal(err.status, status, name);
      return true;
    });
  }
});

test('ours: a wrong password is an Error with the status 401, by callback as well', async (t) => {
  const fake = await server(t);
  const err = await new Promise((done) => ari.connect(fake.url, USER, 'wrong', done));
  assert.equal(err.status, 401);
  assert.notEqual(err.name, 'HostIsNotReachable');
});

test('basic credentials on every call', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels', 200, []);
  await client.channels.list();
  assert.equal(fake.last.headers.authorization, basic(USER, PASSWORD));
});

test('ours: credentials of the WebSocket stand in the header, not in the address', async (t) => {
  const { socket } = await started(t);
  assert.equal(socket.asked.headers.authorization, basic(USER, PASSWORD));
  assert.equal(socket.asked.query, 'app=hello');
});

test('ours: each client keeps its own credentials, UTF-8 ones too', async (t) => {
  const fake = await server(t);
  fake.answer('GET', '/channels', 200, []);
  fake.users.set('other', 'pässwört:/?#');
  const first = await ari.connect(fake.url, USER, PASSWORD);
  const second = await ari.connect(fake.url, 'other', 'pässwört:/?#');
  for (const client of [first, second, first]) await client.channels.list();
  const mine = basic(USER, PASSWORD);
  assert.deepEqual(
    fake.calls.map(({ headers }) => headers.authorization),
    [mine, basic('other', 'pässwört:/?#'), mine],
  );
});

test('ours: connecting prints nothing, and the process ends by itself', async (t) => {
  const fake = await server(t);
  fake.answer('GET', '/channels', 200, []);
  const ended = await run(
    fake,
    `ari.connect(url, user, password).then((client) => client.channels.list()).done();`,
  );
  assert.deepEqual(ended, { code: 0, out: '', err: '' });
});

test('the client is an EventEmitter without a listener limit', async (t) => {
  const { client } = await scene(t);
  assert.ok(client instanceof EventEmitter);
  assert.equal(client.getMaxListeners(), 0);
});

test('a server that serves nothing but the description is enough to connect', async (t) => {
  const { fake } = await scene(t);
  assert.deepEqual(fake.calls, []);
});
