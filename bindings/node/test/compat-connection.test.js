'use strict';
// The event connection, as programs written for node-ari-client use it.
// What is called `ours` is where this package differs on purpose; all the rest was found to hold for the classic one, too.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const test = require('node:test');
const { deliver, run, scene, started } = require('./fake');

const dtmf = { type: 'ChannelDtmfReceived', digit: '1', channel: { id: 'c1' } };

/** Behind it stands the last reason. */
const GIVEN_UP = { message: /^Connection attempts exceeded WebSocketMaxRetries/ };

/** The parameters of an event connection that are not credentials. */
const asked = ({ asked }) => {
  const query = new URLSearchParams(asked.query);
  query.delete('api_key');
  return Object.fromEntries(query);
};

/** Notes the legacy events of the connection, in order. */
function watch(client) {
  const seen = [];
  for (const type of ['WebSocketConnected', 'WebSocketReconnecting', 'WebSocketMaxRetries'])
    client.on(type, () => seen.push(type));
  return seen;
}

test('the forms of start; applications are encoded', async (t) => {
  const { fake, client } = await scene(t);
  const forms = [
    [['hello'], { app: 'hello' }],
    [['a,b'], { app: 'a,b' }],
    [[['a', 'b']], { app: 'a,b' }],
    [['ä'], { app: 'ä' }],
    [['hello', true], { app: 'hello', subscribeAll: 'true' }],
    [['hello', false], { app: 'hello' }],
  ];
  for (const [at, [given, expected]] of forms.entries()) {
    assert.equal(await client.start(...given), undefined);
    const got = asked(await fake.socket(at + 1));
    if (got.subscribeAll === 'false') delete got.subscribeAll; // the same, said aloud
    assert.deepEqual(got, expected);
    client.stop();
  }
  for (const given of [['hello'], ['hello', true]]) {
    const called = await new Promise((done) => client.start(...given, (...got) => done(got)));
    assert.ok(!called[0], 'no error');
    assert.deepEqual(
      asked(fake.sockets.at(-1)),
      given[1] ? { app: 'hello', subscribeAll: 'true' } : { app: 'hello' },
    );
    client.stop();
  }
});

test('ours: every character of an application is encoded', async (t) => {
  const { client, fake } = await scene(t);
  await client.start(['a&b=c', '#+%']);
  assert.deepEqual(asked(await fake.socket()), { app: 'a&b=c,#+%' });
});

test('start resolves when the WebSocket is open; WebSocketConnected is emitted before', async (t) => {
  const { fake, client } = await scene(t);
  const order = [];
  client.on('WebSocketConnected', () => order.push(`connected ${fake.sockets.length}`));
  await client.start('hello').then(() => order.push('started'));
  assert.deepEqual(order, ['connected 1', 'started']);
});

test('WebSocketConnected comes before the callback of start', async (t) => {
  const { client } = await scene(t);
  const order = [];
  client.on('WebSocketConnected', () => order.push('connected'));
  await new Promise((done) =>
    client.start('hello', () => {
      order.push('started');
      done();
    }),
  );
  assert.deepEqual(order, ['connected', 'started']);
});

test('what came with the opening is not lost', async (t) => {
  const { fake, client } = await scene(t);
  fake.on('socket', (socket) => socket.sendAll(dtmf));
  const arrived = once(client, dtmf.type);
  client.start('hello');
  assert.deepEqual((await arrived)[0], dtmf);
});

for (const [how, end] of [
  ['lost', (socket) => socket.terminate()],
  ['closed', (socket) => socket.close(1000)],
]) {
  test(`a ${how} connection is made again, with the same applications and subscribeAll`, async (t) => {
    const { fake, client } = await scene(t);
    const seen = watch(client);
    await client.start(['a', 'b'], true);
    for (const number of [1, 2, 3]) {
      const again = once(client, 'WebSocketConnected');
      end(await fake.socket(number));
      await again;
    }
    const pair = ['WebSocketReconnecting', 'WebSocketConnected'];
    assert.deepEqual(seen, ['WebSocketConnected', ...pair, ...pair, ...pair]);
    assert.deepEqual(fake.sockets.map(asked), Array(4).fill({ app: 'a,b', subscribeAll: 'true' }));
  });
}

test('ours: WebSocketReconnecting has the error', async (t) => {
  const { client, socket } = await started(t);
  const reconnecting = once(client, 'WebSocketReconnecting');
  socket.terminate();
  const [err] = await reconnecting;
  assert.ok(err instanceof Error);
});

test('a server that turns connections away is asked again until it takes one', async (t) => {
  const { fake, client, socket } = await started(t);
  const seen = watch(client);
  fake.refuse = 3;
  const again = once(client, 'WebSocketConnected');
  socket.terminate();
  await again;
  assert.deepEqual(seen, [...Array(4).fill('WebSocketReconnecting'), 'WebSocketConnected']);
  const got = once(client, dtmf.type);
  (await fake.socket(2)).sendAll(dtmf);
  await got;
});

test('handlers of client and instances survive a reconnect', async (t) => {
  const { fake, client, socket } = await started(t);
  const seen = [];
  client.on(dtmf.type, () => seen.push('client'));
  client.Channel('c1').on(dtmf.type, () => seen.push('instance'));
  const again = once(client, 'WebSocketConnected');
  socket.terminate();
  await again;
  await deliver(client, await fake.socket(2), dtmf);
  assert.deepEqual(seen, ['client', 'instance']);
});

test('ours: the first start gives up after maxRetries, and can be tried again', async (t) => {
  const { fake, client } = await scene(t, { options: { maxRetries: 2 } });
  const seen = watch(client);
  fake.refuse = 3;
  const maximum = once(client, 'WebSocketMaxRetries');
  await assert.rejects(client.start('hello'), GIVEN_UP);
  await maximum;
  assert.equal(fake.refuse, 0);
  assert.deepEqual(seen, ['WebSocketReconnecting', 'WebSocketReconnecting', 'WebSocketMaxRetries']);
  fake.refuse = 3;
  const err = await new Promise((done) => client.start('hello', done));
  assert.match(err.message, GIVEN_UP.message);
  await client.start('hello');
  assert.equal(fake.sockets.length, 1);
});

test('ours: a connection that once stood is given up after maxRetries, if that is set', async (t) => {
  const { fake, client, socket } = await started(t, { options: { maxRetries: 2 } });
  const seen = watch(client);
  fake.refuse = 100;
  const maximum = once(client, 'WebSocketMaxRetries');
  socket.terminate();
  await maximum;
  assert.deepEqual(seen, ['WebSocketReconnecting', 'WebSocketReconnecting', 'WebSocketMaxRetries']);
  fake.refuse = 0;
  await client.start('hello');
});

test('ours: the first start is tried eleven times: ten retries', async (t) => {
  const { fake, client } = await scene(t, { options: { minDelay: 0.001, maxDelay: 0.001 } });
  const seen = watch(client);
  fake.refuse = 1000;
  await assert.rejects(client.start('hello'), GIVEN_UP);
  assert.equal(1000 - fake.refuse, 11);
  assert.deepEqual(seen, [...Array(10).fill('WebSocketReconnecting'), 'WebSocketMaxRetries']);
});

test('ours: the waits are announced: up to 100 ms, and double that each time', async (t) => {
  const { fake, client, socket } = await started(t);
  const waits = [];
  const enough = new Promise((done) =>
    client.on('Reconnecting', ({ delay_ms }) => {
      waits.push(delay_ms);
      if (waits.length === 4) done();
    }),
  );
  fake.refuse = 1000;
  socket.terminate();
  await enough;
  for (const [at, wait] of waits.entries()) {
    const most = 100 * 2 ** at;
    assert.ok(wait <= most && wait >= (most * 3) / 4 - 1, `${waits}`);
  }
});

test('ping sends a ping, and the pong is emitted', async (t) => {
  const { client, socket } = await started(t);
  const [pinged, ponged] = [once(socket, 'ping'), once(client, 'pong')];
  client.ping();
  await pinged;
  await ponged;
});

test('ours: ping before start does nothing', async (t) => {
  const { client } = await scene(t);
  assert.equal(client.ping(), undefined);
});

test('stop closes, REST goes on working, start works again', async (t) => {
  const { fake, client, socket } = await started(t);
  const seen = watch(client);
  fake.answer('GET', '/channels', 200, []);
  const closed = once(socket, 'close');
  client.stop();
  await closed;
  assert.deepEqual(seen, []);
  assert.deepEqual(await client.channels.list(), []);
  await client.start('other');
  const second = await fake.socket(2);
  assert.deepEqual(asked(second), { app: 'other' });
  client.on(dtmf.type, () => seen.push('dtmf'));
  await deliver(client, second, dtmf);
  assert.deepEqual(seen, ['WebSocketConnected', 'dtmf']);
});

test('ours: stop before start, and twice', async (t) => {
  const { fake, client } = await scene(t);
  client.stop();
  await client.start('hello');
  client.stop();
  client.stop();
  assert.equal(fake.sockets.length, 1);
});

test('ours: stop while the first connection is being made settles start', async (t) => {
  const { fake, client } = await scene(t);
  fake.refuse = 1000;
  const asked = once(fake, 'upgrade');
  const outcome = client.start('hello').then(
    () => 'started',
    (err) => err instanceof Error && 'rejected',
  );
  await asked;
  client.stop();
  assert.ok(['started', 'rejected'].includes(await outcome));
});

test('ours: nothing is delivered after stop, even of the same segment', async (t) => {
  const { fake, client, socket } = await started(t);
  const seen = [];
  const closed = once(socket, 'close');
  client.on(dtmf.type, ({ digit }) => {
    seen.push(digit);
    client.stop();
  });
  socket.sendAll(dtmf, { ...dtmf, digit: '2' });
  await closed;
  await client.start('hello');
  client.removeAllListeners(dtmf.type);
  await deliver(client, await fake.socket(2));
  assert.deepEqual(seen, ['1']);
});

const PROGRAM = (body) => `ari.connect(url, user, password).then(async (client) => {
  for (const type of ['WebSocketConnected', 'WebSocketReconnecting', 'WebSocketMaxRetries', 'error'])
    client.on(type, () => console.log(type));
  ${body}
}).done();`;

test('after stop nothing is emitted, no reconnect is tried, and the process ends by itself', async (t) => {
  const { fake } = await scene(t);
  fake.answer('GET', '/channels', 200, []);
  const programs = {
    'while connected': `await client.start('hello'); client.stop();`,
    'from a handler': `client.on('ChannelDtmfReceived', () => client.stop()); await client.start('hello');`,
    'and a call after it': `await client.start('hello'); client.stop(); await client.channels.list();`,
  };
  fake.on('socket', (socket) => socket.sendAll(dtmf));
  for (const [name, body] of Object.entries(programs)) {
    const before = fake.sockets.length;
    const { code, out, err } = await run(fake, PROGRAM(body));
    assert.deepEqual([code, err], [0, ''], name);
    assert.deepEqual(out.match(/WebSocket\w+|^error/gm), ['WebSocketConnected'], name);
    assert.equal(fake.sockets.length, before + 1, name);
  }
});

test('ours: stop while reconnecting ends that, and the process ends by itself', async (t) => {
  const { fake } = await scene(t);
  fake.on('socket', (socket) => {
    fake.refuse = 1000;
    socket.terminate();
  });
  const { code, out } = await run(
    fake,
    PROGRAM(`client.on('WebSocketReconnecting', () => client.stop()); await client.start('hello');`),
  );
  assert.equal(code, 0);
  assert.equal(out, 'WebSocketConnected\nWebSocketReconnecting\n');
});

test('an open WebSocket keeps the process alive', async (t) => {
  const { fake } = await scene(t);
  // Everything the program started is done; the event arrives in a process that only waits for it.
  fake.on('socket', (socket) => socket.sendAll({ ...dtmf, type: 'StasisStart' }));
  fake.answer('POST', '/channels/c1/answer', () => {
    setTimeout(() => fake.sockets.at(-1).sendAll(dtmf), 300);
    return [204];
  });
  const { code, out } = await run(
    fake,
    PROGRAM(`client.on('StasisStart', (_, channel) => { channel.answer(); });
      client.on('ChannelDtmfReceived', () => { console.log('got it'); client.stop(); });
      await client.start('hello');`),
  );
  assert.equal(code, 0);
  assert.match(out, /got it/);
});

test('ours: 20,000 channels with handlers that came and went leave nothing behind', {
  timeout: 120_000,
}, async (t) => {
  const { fake } = await scene(t);
  fake.on('socket', (socket) => socket.sendAll(dtmf));
  const { code, out, err } = await run(
    fake,
    `const turns = (client) => {
       for (let i = 0; i < 20000; i++) {
         const channel = client.Channel();
         const other = () => {};
         channel.on('ChannelDtmfReceived', () => {});
         channel.once('StasisEnd', other);
         channel.removeListener('StasisEnd', other);
         channel.removeAllListeners('ChannelDtmfReceived');
       }
       global.gc();
       return process.memoryUsage().heapUsed;
     };
     ari.connect(url, user, password).then(async (client) => {
       await client.start('hello');
       turns(client);
       const before = turns(client);
       const after = turns(client);
       console.log(after - before < 1e6 ? 'nothing' : after - before);
       client.stop();
     }).done();`,
    '--expose-gc',
  );
  assert.deepEqual([code, out, err], [0, 'nothing\n', '']);
});

test('ours: channels whose handlers have been called once leave nothing behind', {
  timeout: 120_000,
}, async (t) => {
  const { fake } = await scene(t);
  let number = 0;
  const calls = (amount) =>
    Array.from({ length: amount }, () => {
      number += 1;
      const channel = { id: `c${number}` };
      return [
        { type: 'StasisStart', args: [], channel },
        { type: 'StasisEnd', channel },
      ];
    }).flat();
  const mark = { type: 'ApplicationReplaced', application: 'hello' };
  fake.on('socket', (socket) => socket.sendAll(...calls(5000), mark, ...calls(20000), mark));
  const { code, out, err } = await run(
    fake,
    `ari.connect(url, user, password).then((client) => {
       const heaps = [];
       let ended = 0;
       client.on('StasisStart', (_, channel) => channel.once('StasisEnd', () => { ended += 1; }));
       client.on('ApplicationReplaced', () => {
         global.gc();
         heaps.push(process.memoryUsage().heapUsed);
         if (heaps.length < 2) return;
         console.log(ended, heaps[1] - heaps[0] < 1e6 ? 'nothing' : heaps[1] - heaps[0]);
         client.stop();
       });
       return client.start('hello');
     }).done();`,
    '--expose-gc',
  );
  assert.deepEqual([code, out, err], [0, '25000 nothing\n', '']);
});
