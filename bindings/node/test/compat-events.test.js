'use strict';
// Events and their handlers, as programs written for node-ari-client use them.
// What is called `ours` is where this package differs on purpose; all the rest was found to hold for the classic one, too.

const assert = require('node:assert/strict');
const test = require('node:test');
const { deliver, run, started } = require('./fake');

const channel = (id, more) => ({ id, name: `Local/${id}`, state: 'Up', ...more });
const event = (type, fields) => ({
  type,
  application: 'hello',
  timestamp: '2026-11-20T23:20:16.050+0000',
  ...fields,
});
const dtmf = (id = 'c1', digit = '1') =>
  event('ChannelDtmfReceived', { digit, duration_ms: 100, channel: channel(id) });
const start = (id = 'c1', more) => event('StasisStart', { args: [], channel: channel(id), ...more });
const DTMF = 'ChannelDtmfReceived';

test('no known object in an event: the second argument is undefined', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.on('ChannelTalkingFinished', (...got) => seen.push(got));
  client.on('DeviceStateChanged', (...got) => seen.push(got));
  client.on('ApplicationReplaced', (...got) => seen.push(got));
  const replaced = event('ApplicationReplaced');
  await deliver(client, socket, replaced);
  assert.deepEqual(seen, [[replaced, undefined]]);
});

test('one object in an event: the second argument is the instance', async (t) => {
  const { fake, client, socket } = await started(t);
  fake.answers.set('* *', () => [204]);
  const seen = [];
  const cases = {
    BridgeCreated: { bridge: { id: 'b' } },
    ChannelHangupRequest: { channel: channel('c'), cause: 16 },
    ContactStatusChange: { endpoint: { technology: 'T', resource: 'r' }, contact_info: {} },
    DeviceStateChanged: { device_state: { name: 'd', state: 'BUSY' } },
    PlaybackStarted: { playback: { id: 'p' } },
    RecordingStarted: { recording: { name: 'r' } },
  };
  for (const type of Object.keys(cases)) client.on(type, (...got) => seen.push(got));
  await deliver(client, socket, ...Object.entries(cases).map(([type, fields]) => event(type, fields)));
  assert.equal(seen.length, 6);
  for (const [given, instance] of seen) {
    const [json] = Object.values(cases[given.type]);
    for (const [key, value] of Object.entries(json)) assert.equal(instance[key], value);
  }
  const calls = ['get', 'hangup', 'get', 'update', 'stop', 'pause'];
  for (const [at, [, instance]] of seen.entries()) assert.equal(typeof instance[calls[at]], 'function');
  await seen[1][1].answer();
  assert.equal(fake.last.path, '/ari/channels/c/answer');
  await seen[5][1].pause();
  assert.equal(fake.last.path, '/ari/recordings/live/r/pause');
});

test('several objects in an event: an object of property to instance, counted per event', async (t) => {
  const { fake, client, socket } = await started(t);
  fake.answers.set('* *', () => [204]);
  const seen = [];
  client.on('StasisStart', (_, got) => seen.push(got));
  client.on('Dial', (_, got) => seen.push(got));
  client.on('ChannelEnteredBridge', (_, got) => seen.push(got));
  await deliver(
    client,
    socket,
    start('1'),
    start('2', { replace_channel: channel('3') }),
    event('Dial', { peer: channel('4'), dialstatus: '' }),
    event('Dial', { peer: channel('5'), caller: channel('6'), dialstatus: '' }),
    event('ChannelEnteredBridge', { bridge: { id: 'b' }, channel: channel('7') }),
  );
  const [one, two, peer, both, entered] = seen;
  assert.deepEqual([one.id, peer.id], ['1', '4']);
  assert.deepEqual(Object.keys(two).sort(), ['channel', 'replace_channel']);
  assert.deepEqual([two.channel.id, two.replace_channel.id], ['2', '3']);
  assert.deepEqual([both.peer.id, both.caller.id], ['5', '6']);
  assert.deepEqual([entered.bridge.id, entered.channel.id], ['b', '7']);
  await entered.bridge.removeChannel({ channel: entered.channel.id });
  assert.equal(fake.last.path, '/ari/bridges/b/removeChannel');
});

test("'*' gets every event, before the handlers of its type, with the same arguments", async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.on(DTMF, (...got) => seen.push(['type', ...got]));
  client.on('*', (...got) => seen.push(['*', ...got]));
  client.once('StasisStart', () => seen.push(['start']));
  await deliver(client, socket, dtmf(), event('ApplicationReplaced'));
  assert.deepEqual(
    seen.slice(0, 3).map(([who, { type }]) => `${who} ${type}`),
    [`* ${DTMF}`, `type ${DTMF}`, '* ApplicationReplaced'],
  );
  assert.equal(seen[0][1], seen[1][1]);
  assert.equal(seen[0][2], seen[1][2]);
  assert.equal(seen[2][2], undefined);
});

test('ours: unknown types are delivered', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const odd = { type: 'NeverHeardOf', a: { b: [1, null] }, channel: channel('c1') };
  client.on('NeverHeardOf', (given) => seen.push(given));
  client.on('*', (given) => seen.push(given));
  await deliver(client, socket, odd);
  assert.deepEqual(seen.slice(0, 2), [odd, odd]);
});

test('ours: objects of unknown types are instances as well', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.on('NeverHeardOf', (_, got) => seen.push(got.id));
  client.Channel('c1').on('NeverHeardOf', (_, got) => seen.push(got.id));
  await deliver(client, socket, { type: 'NeverHeardOf', channel: channel('c1') });
  assert.deepEqual(seen, ['c1', 'c1']);
});

const BAD = ['not json', '[1]', '"text"', 'null', '{"no":"type"}', '{"type":5}', ''];

test('ours: what is no event does not stop the stream', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.on(DTMF, ({ digit }, got) => seen.push(digit, got?.id));
  const nameless = event(DTMF, { digit: '2', channel: { name: 'x' } });
  await deliver(
    client,
    socket,
    dtmf(),
    ...BAD,
    nameless,
    event(DTMF, { digit: '3', channel: null }),
    dtmf('c1', '4'),
  );
  assert.deepEqual(
    seen.filter((each) => /^\d$/.test(each)),
    ['1', '2', '3', '4'],
  );
});

test('ours: what is no event is an `error` for those who listen', async (t) => {
  const { client, socket } = await started(t);
  const errors = [];
  client.on('error', (err) => errors.push(err));
  await deliver(client, socket, ...BAD, dtmf());
  assert.equal(errors.length, BAD.length);
  for (const err of errors) assert.ok(err instanceof Error);
});

test('instance handlers get only the events of their id, and all instances of it share them', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const mine = client.Channel('c1');
  mine.on(DTMF, ({ digit }, got) => seen.push(`on ${digit} ${got.id}`));
  client.Channel('c1').once(DTMF, ({ digit }) => seen.push(`once ${digit}`));
  client.Channel({ id: 'c1' }).addListener(DTMF, ({ digit }) => seen.push(`add ${digit}`));
  await deliver(client, socket, dtmf('c2', '0'), dtmf('c1', '1'), dtmf('c1', '2'));
  assert.deepEqual(seen, ['on 1 c1', 'once 1', 'add 1', 'on 2 c1', 'add 2']);
});

test('ours: an instance of another class with the same id has handlers of its own', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.Bridge('c1').on(DTMF, () => seen.push('bridge'));
  client.Channel('c1').on(DTMF, () => seen.push('channel'));
  await deliver(client, socket, dtmf('c1'));
  assert.deepEqual(seen, ['channel']);
});

test('handlers on the instance that an event brought', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.on('StasisStart', (_, found) => found.on(DTMF, ({ digit }) => seen.push(found.id + digit)));
  await deliver(client, socket, start('1'), start('2'), dtmf('2', '5'), dtmf('1', '6'), dtmf('3', '7'));
  assert.deepEqual(seen, ['25', '16']);
});

test('the client first, then the instances in order of registration', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const note = (text) => () => seen.push(text);
  client.Channel('c1').on(DTMF, note('instance 1'));
  client.on(DTMF, note('client 1'));
  client.Channel('c1').on(DTMF, note('instance 2'));
  client.on('*', note('*'));
  client.on(DTMF, note('client 2'));
  await deliver(client, socket, dtmf());
  assert.deepEqual(seen.slice(0, 5), ['*', 'client 1', 'client 2', 'instance 1', 'instance 2']);
});

test('once per event, even if two of its objects have the id', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.Channel('c1').on('Dial', (_, got) => seen.push(Object.keys(got).sort()));
  const dial = (peer, caller) =>
    event('Dial', { dialstatus: '', peer: channel(peer), caller: channel(caller) });
  await deliver(client, socket, dial('c1', 'c1'), dial('x', 'c1'), dial('c1', 'x'), dial('x', 'y'));
  assert.deepEqual(seen, Array(3).fill(['caller', 'peer']));
});

test('removeListener takes one registration, removeAllListeners those of a type and an id', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const [one, other] = [client.Channel('c1'), client.Channel('c2')];
  const note = (given, got) => seen.push(`${given.type} ${got.id}`);
  one.on(DTMF, note);
  client.Channel('c1').on(DTMF, note);
  other.on(DTMF, note);
  await deliver(client, socket, dtmf('c1'));
  assert.equal(seen.length, 2);
  one.removeListener(DTMF, note);
  await deliver(client, socket, dtmf('c1'));
  assert.equal(seen.length, 3);
  one.on(DTMF, note);
  one.on('StasisStart', note);
  client.Channel('c1').removeAllListeners(DTMF);
  seen.length = 0;
  await deliver(client, socket, dtmf('c1'), start('c1'), dtmf('c2'));
  assert.deepEqual(seen, ['StasisStart c1', `${DTMF} c2`]);
});

test('removeListener takes what once registered', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const note = () => seen.push(1);
  const mine = client.Channel('c1');
  mine.once(DTMF, note);
  mine.removeListener(DTMF, note);
  client.once(DTMF, note);
  client.removeListener(DTMF, note);
  await deliver(client, socket, dtmf());
  assert.deepEqual(seen, []);
});

test('ours: off, and listeners are taken by the function given to once', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const mine = client.Channel('c1');
  const note = () => seen.push(1);
  mine.on(DTMF, note);
  mine.off(DTMF, note);
  client.on(DTMF, note);
  client.off(DTMF, note);
  await deliver(client, socket, dtmf());
  assert.deepEqual(seen, []);
});

test("the client's removeAllListeners leaves the instances' alone", async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.on(DTMF, () => seen.push('client'));
  client.Channel('c1').on(DTMF, () => seen.push('instance'));
  client.removeAllListeners(DTMF);
  await deliver(client, socket, dtmf());
  assert.deepEqual(seen, ['instance']);
});

test('numbers as ids of instances with handlers', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.Channel({ id: 1234 }).on(DTMF, () => seen.push(1));
  await deliver(client, socket, dtmf(1234), dtmf('1235'));
  assert.deepEqual(seen, [1]);
});

test('a handler added or removed in a handler counts from the very next event of the same segment', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const first = ({ digit }) => {
    seen.push(`first ${digit}`);
    client.removeListener(DTMF, first);
    client.on(DTMF, (given) => seen.push(`second ${given.digit}`));
    client.Channel('c1').on(DTMF, (given) => seen.push(`instance ${given.digit}`));
    client.once('ApplicationReplaced', () => seen.push('late type'));
  };
  client.on(DTMF, first);
  await deliver(client, socket, dtmf('c1', '1'), dtmf('c1', '2'), { type: 'ApplicationReplaced' });
  assert.deepEqual(
    seen.filter((each) => !each.endsWith(' 1')),
    ['second 2', 'instance 2', 'late type'],
  );
  assert.equal(seen[0], 'first 1');
  assert.ok(!seen.includes('second 1'));
});

test('an instance handler removed by a handler of the same segment', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const mine = client.Channel('c1');
  mine.on(DTMF, ({ digit }) => {
    seen.push(digit);
    mine.removeAllListeners(DTMF);
  });
  await deliver(client, socket, dtmf('c1', '1'), dtmf('c1', '2'));
  assert.deepEqual(seen, ['1']);
});

test('order is kept over a burst', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  client.on('*', ({ n }) => n !== undefined && seen.push(n));
  const burst = Array.from({ length: 5000 }, (_, n) =>
    event(n % 2 ? 'StasisEnd' : 'ChannelVarset', { n, channel: channel(`c${n % 7}`) }),
  );
  await deliver(client, socket, ...burst);
  assert.deepEqual(
    seen,
    burst.map(({ n }) => n),
  );
});

test('an event is as it was sent: order of keys, unknown fields, null, escapes', async (t) => {
  const { client, socket } = await started(t);
  const text =
    '{"z":1,"channel":{"new":[null],"id":"c1","caller":{"name":"J\\u00fcrgen \\"J\\" \\ud83d\\ude00"}},' +
    '"b":null,"type":"StasisEnd","1":1.5,"a":"\\u0000\\n"}';
  const seen = [];
  client.on('StasisEnd', (given) => seen.push(given));
  await deliver(client, socket, text);
  assert.equal(JSON.stringify(seen[0]), JSON.stringify(JSON.parse(text)));
  assert.deepEqual(Object.keys(seen[0]), Object.keys(JSON.parse(text)));
  assert.deepEqual(Object.keys(seen[0].channel), ['new', 'id', 'caller']);
});

const THROWING = (listen) => `
  process.on('uncaughtException', ({ message }) => console.log('uncaught', message));
  ari.connect(url, user, password).then(async (client) => {
    const boom = ({ n }) => { console.log('handler', n); if (n === 1) throw new Error('boom'); };
    ${listen};
    client.on('ApplicationReplaced', () => { console.log('over'); client.stop(); process.exit(); });
    await client.start('hello');
  });`;

test('ours: an exception in a handler is an uncaughtException; handled, the stream goes on', async (t) => {
  const { fake } = await started(t);
  fake.on('socket', (socket) => {
    socket.sendAll(
      event('StasisEnd', { n: 1, channel: channel('c1') }),
      event('StasisEnd', { n: 2, channel: channel('c1') }),
    );
    socket.sendAll({ type: 'ApplicationReplaced' });
  });
  for (const listen of [`client.on('StasisEnd', boom)`, `client.Channel('c1').on('StasisEnd', boom)`]) {
    const { code, out, err } = await run(fake, THROWING(listen));
    assert.equal(code, 0, err);
    const lines = out
      .trim()
      .split('\n')
      .filter((line) => /^(uncaught|handler|over)/.test(line));
    assert.deepEqual(lines, ['handler 1', 'uncaught boom', 'handler 2', 'over']);
  }
});

test('an exception that nobody handles ends the process with it', async (t) => {
  const { fake } = await started(t);
  fake.on('socket', (socket) => socket.sendAll(event('StasisEnd')));
  const { code, err } = await run(
    fake,
    `ari.connect(url, user, password).then((client) => {
       client.on('StasisEnd', () => { throw new Error('boom'); });
       client.start('hello');
     });`,
  );
  assert.notEqual(code, 0);
  assert.match(err, /Error: boom\n\s+at/);
});

test('an async handler that fails is an unhandledRejection', async (t) => {
  const { fake } = await started(t);
  fake.on('socket', (socket) => socket.sendAll(event('StasisEnd')));
  const { code, out } = await run(
    fake,
    `process.on('unhandledRejection', ({ message }) => { console.log('rejected', message); process.exit(5); });
     ari.connect(url, user, password).then((client) => {
       client.on('StasisEnd', async () => { throw new Error('boom'); });
       client.start('hello');
     });`,
  );
  assert.equal(code, 5);
  assert.match(out, /rejected boom/);
});
