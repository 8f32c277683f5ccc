'use strict';
// The simulator as a test uses it: its options, its records, what is expected and was not so.

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { test } = require('node:test');
const ari = require('..');
const { ExpectationError, Simulator, SimulatorError } = require('../testing');
const { connected, simulate } = require('./simulated');

const timeout = 60_000;

test('it is where it says, and two of them are two', { timeout }, async (t) => {
  const [one, other] = [await simulate(t), await simulate(t, { username: 'ann', password: 'secret' })];
  assert.notStrictEqual(one.url, other.url);
  assert.strictEqual(new URL(one.url).hostname, '127.0.0.1');
  assert.deepStrictEqual([one.username, one.password], ['hey', 'peekaboo']);
  assert.deepStrictEqual(other.environment, {
    ARI_URL: other.url,
    ARI_USERNAME: 'ann',
    ARI_PASSWORD: 'secret',
  });
  const client = await other.connect();
  assert.strictEqual(client.serverVersion, '22.10.1+simulator');
  assert.deepStrictEqual(await one.requests(), []);
  assert.strictEqual((await other.requests())[0].operation, 'asterisk.getInfo');
});

test('options', { timeout }, async (t) => {
  const sim = await simulate(t, {
    speed: 50,
    version: '20.1.0',
    readOnlyUsername: 'guest',
    readOnlyPassword: 'look',
    phones: { 'PJSIP/carol': { onCall: 'busy', after: 2 }, 'PJSIP/dave': 'silent' },
    sounds: ['my/menu'],
  });
  const about = await sim.about();
  assert.deepStrictEqual([about.speed, about.version, about.mode], [50, '20.1.0', 'up']);
  assert.deepStrictEqual(await sim.phones(), {
    'PJSIP/carol': { onCall: 'busy', after: 2, state: 'online' },
    'PJSIP/dave': { onCall: 'silent', after: 0, state: 'online' },
  });
  await sim.phone('PJSIP/dave', 'busy');
  assert.strictEqual((await sim.phones())['PJSIP/dave'].onCall, 'busy');
  const guest = await ari.connect(sim.url, 'guest', 'look');
  await assert.rejects(guest.bridges.create(), ari.ForbiddenException);
});

test('wrong options are refused by the names they were given', { timeout }, async (t) => {
  const refused = (options) => Simulator.start(options).catch((error) => error);
  for (const [options, message] of [
    [{ sped: 1 }, /unknown field `sped`.*`readOnlyUsername`/],
    [{ phones: { 'PJSIP/carol': { onCal: 'busy' } } }, /onCal/],
    [{ phones: { carol: {} } }, /"carol" does not name a telephone/],
    [{ speed: 0 }, /the speed cannot be 0/],
    ['fast', /an object, not "fast"/],
    [{ host: 'nowhere' }, /invalid IP address/],
  ]) {
    const error = await refused(options);
    assert.ok(error instanceof SimulatorError, String(error));
    assert.match(error.message, message);
    assert.match(error.stack.split('\n')[1], /testing\.test\.js/);
  }
  assert.throws(() => new Simulator({ sped: 1 }), SimulatorError);
  const server = net.createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address();
  assert.match((await refused({ port })).message, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
});

test('one that runs already is driven and left alone', { timeout }, async (t) => {
  const sim = await simulate(t, { username: 'ann' });
  const other = await Simulator.start({ controlUrl: `${sim.controlUrl}/` });
  assert.deepStrictEqual({ ...other }, { ...sim });
  const client = await other.connect();
  await sim.expectRequest('asterisk.getInfo');
  await other.close();
  await assert.rejects(other.about(), { name: 'SimulatorError', message: 'the simulator is closed' });
  assert.strictEqual((await client.getInfo({ only: 'system' })).system.version, '22.10.1+simulator');
  await assert.rejects(Simulator.start({ controlUrl: sim.controlUrl, speed: 2 }), /speed is for a simulator/);
  assert.throws(() => new Simulator({ controlUrl: sim.controlUrl }), /controlUrl is for Simulator.start/);
  await sim.close();
  await assert.rejects(Simulator.start({ controlUrl: sim.controlUrl }), (error) => {
    assert.strictEqual(error.cause.code, 'ECONNREFUSED');
    return error instanceof SimulatorError && error.status === null;
  });
});

test('what is no simulator', { timeout }, async (t) => {
  const sim = await simulate(t);
  await assert.rejects(Simulator.start({ controlUrl: sim.url }), SimulatorError);
});

test('requests and events are kept, and waited for', { timeout }, async (t) => {
  const { sim, client } = await connected(t);
  const { seq } = await sim.about();
  const expected = sim.expectRequest('deviceStates.update', { deviceName: 'Stasis:door' }, { after: seq });
  await client.deviceStates.update({ deviceName: 'Stasis:door', deviceState: 'INUSE' });
  const record = await expected;
  assert.deepStrictEqual(record.arguments, { deviceName: 'Stasis:door', deviceState: 'INUSE' });
  assert.deepStrictEqual([record.method, record.operation], ['PUT', 'deviceStates.update']);
  assert.deepStrictEqual(
    (await sim.requests({ after: seq })).map(({ status, target }) => [status, target]),
    [[204, '/deviceStates/Stasis%3Adoor?deviceState=INUSE']],
  );
  // It has met an expectation, and meets no other.
  await sim.expectNoRequest('deviceStates.update', {}, { within: 0.05 });

  await client.events.userEvent({ eventName: 'Knock', application: 'hello' });
  const { application, delivered, event } = await sim.expectEvent('ChannelUserevent', { eventname: 'Knock' });
  assert.deepStrictEqual([application, delivered, event.type], ['hello', true, 'ChannelUserevent']);
  await sim.expectNoEvent('ChannelUserevent', {}, { within: 0.05 });
  assert.deepStrictEqual(
    (await sim.events({ after: record.seq })).map(({ event }) => event.type),
    ['ChannelUserevent'],
  );
});

test('records by name, and those that are new', { timeout }, async (t) => {
  const { sim, client } = await connected(t);
  await client.channels.list();
  const [listed] = await sim.requests('channels.list');
  await client.bridges.list();
  await client.channels.list();
  for (const eventName of ['Knock', 'Ring'])
    await client.events.userEvent({ eventName, application: 'hello' });
  await sim.sendEvent('hello', { type: 'Fresh' });
  const names = (records) =>
    records.map(({ operation, event }) => operation ?? event.eventname ?? event.type);
  const counts = async (...given) => (await sim.requests(...given)).length;
  assert.deepStrictEqual(
    [
      await counts('channels.list'),
      await counts('channels.list', { after: listed }),
      await counts('channels.play'),
    ],
    [2, 1, 0],
  );
  assert.deepStrictEqual(
    names(await sim.requests({ after: listed })),
    names(await sim.requests(undefined, { after: listed.seq })),
  );
  const knocks = await sim.events('ChannelUserevent');
  assert.deepStrictEqual(names(knocks), ['Knock', 'Ring']);
  assert.deepStrictEqual(names(await sim.events('ChannelUserevent', { after: knocks[0] })), ['Ring']);
  assert.deepStrictEqual(names(await sim.events({ after: knocks[1] })), ['Fresh']);
  for (const wrong of [5, ['channels.list']]) await assert.rejects(sim.requests(wrong), TypeError);
  await assert.rejects(sim.events('Fresh', 5), TypeError);
  await assert.rejects(sim.requests('channels.list', { aftr: 1 }), { name: 'SimulatorError', status: 400 });
});

test('a call or an instance stands for its id, or its name', { timeout }, async (t) => {
  const { sim, client } = await connected(t);
  const begun = once(client, 'StasisStart');
  const call = await sim.call(1000, { caller: 123 });
  const [event, channel] = await begun;
  assert.deepStrictEqual(event.channel.caller, { name: '', number: '123' });
  const other = client.Channel('another');
  await sim.expectEvent('StasisStart', { channel });
  await sim.expectNoEvent('StasisStart', { channel: other }, { within: 0 });

  await channel.answer();
  await sim.expectRequest('channels.answer', { channelId: call });
  await channel.getChannelVar({ variable: 'CHANNEL(state)' });
  await sim.expectNoRequest('channels.getChannelVar', { channelId: other }, { within: 0 });
  await assert.rejects(
    sim.expectNoRequest('channels.getChannelVar', { channelId: channel }, { within: 0 }),
    ExpectationError,
  );

  const bridge = await client.bridges.create();
  await bridge.addChannel({ channel: [channel.id] });
  await sim.expectRequest('bridges.addChannel', { bridgeId: bridge, channel: [call] });
  await sim.expectEvent('ChannelEnteredBridge', {
    bridge: { id: bridge.id, channels: [call] },
    channel: call,
  });
  await bridge.removeChannel({ channel: channel.id });

  const recording = await channel.record({ name: 'message', format: 'wav' });
  await recording.stop();
  await sim.expectRequest('recordings.stop', { recordingName: recording });
  await sim.expectEvent('RecordingFinished', { recording });
  const endpoint = client.Endpoint('PJSIP/alice');
  await client.applications.subscribe({ applicationName: 'hello', eventSource: 'endpoint:PJSIP/alice' });
  await sim.phone('PJSIP/alice', { state: 'offline' });
  await sim.expectEvent('EndpointStateChange', { endpoint });
  await client.channels.originate({ endpoint: 'PJSIP/bob', app: 'hello' });
  await sim.expectRequest('channels.originate', { endpoint: client.Endpoint('PJSIP/bob') });

  // Nothing else is one.
  await assert.rejects(
    sim.expectRequest('channels.getChannelVar', { channelId: { id: call.id } }, { within: 0 }),
    ExpectationError,
  );
  const late = sim.expectRequest('channels.answer', { channelId: Promise.resolve(call) });
  await assert.rejects(late, { name: 'TypeError', message: /has to be awaited/ });
});

test('an event of the test is what the application gets', { timeout }, async (t) => {
  const { sim, client } = await connected(t);
  const got = once(client, 'Fresh');
  const channel = client.Channel('c');
  await sim.sendEvent('hello', { type: 'Fresh', colour: 'green', channel });
  assert.strictEqual((await got)[0].colour, 'green');
  assert.strictEqual((await got)[0].channel.id, 'c');
  assert.strictEqual(
    (await sim.expectEvent('Fresh', { colour: 'green' }, { application: 'hello' })).event.colour,
    'green',
  );
  await assert.rejects(sim.sendEvent('nobody', { type: 'Fresh' }), { name: 'SimulatorError', status: 409 });
});

test('what was expected and did not come', { timeout }, async (t) => {
  const { sim, client } = await connected(t);
  await client.channels.list();
  await client.deviceStates.update({ deviceName: 'Stasis:door', deviceState: 'INUSE' });
  const unmet = sim.expectRequest('deviceStates.update', { deviceState: 'BUSY' }, { within: 0.05 });
  const error = await unmet.catch((error) => error);
  assert.ok(error instanceof ExpectationError);
  assert.ok(error instanceof assert.AssertionError);
  assert.deepStrictEqual(
    [error.name, error.code, error.operator, error.generatedMessage],
    ['ExpectationError', 'ERR_ASSERTION', 'fail', false],
  );
  assert.match(
    error.message,
    /^expected the request deviceStates\.update with deviceState "BUSY" within 0\.05 s/,
  );
  assert.match(error.message, /deviceState is "INUSE", not "BUSY"/);
  // The stack begins where the test expected it, not in the simulator.
  const [first] = error.stack.slice(error.stack.indexOf('\n    at ')).trim().split('\n');
  assert.match(first, /testing\.test\.js/);
  await assert.rejects(sim.expectNoRequest('channels.list', {}, { within: 0.05 }), ExpectationError);
  await assert.rejects(
    sim.expectEvent('StasisStart', {}, { within: 0.05 }),
    /expected the event StasisStart/,
  );
});

test('what cannot be meant', { timeout }, async (t) => {
  const sim = await simulate(t);
  for (const [wrong, message] of [
    [() => sim.expectRequest('channels.sing'), /channels\.sing/],
    [() => sim.expectRequest('channels.play', { medium: 'x' }), /no parameter "medium"/],
    [() => sim.expectRequest('channels.play', {}, { wihin: 1 }), /`wihin`/],
    [() => sim.expectEvent('StasisStart', {}, { within: -1 }), /-1/],
    [() => sim.fail('channels.play', { status: 1000 }), /status/],
    [() => sim.cut('channels.play', 'slowly'), /slowly/],
    [() => sim.setSpeed(0), /speed/],
    [() => sim.phone('Local/carol'), /carol/],
    [() => sim.phone('PJSIP/carol', { onCal: 'busy' }), /`onCal`.*`onCall`/],
  ]) {
    const error = await wrong().catch((error) => error);
    assert.ok(error instanceof SimulatorError && !(error instanceof ExpectationError), String(wrong));
    assert.strictEqual(error.status, 400);
    assert.match(error.message, message);
  }
  await assert.rejects(sim.expectRequest('channels.play', {}, 5), TypeError);
});

test('a fresh start without new connections', { timeout }, async (t) => {
  const { sim, client } = await connected(t);
  await sim.setSpeed(500);
  await sim.fail('*', { times: Number.POSITIVE_INFINITY });
  await client.channels.list().catch(() => {});
  await sim.reset();
  assert.deepStrictEqual([(await sim.about()).speed, await sim.requests(), await sim.faults()], [10, [], []]);
  assert.deepStrictEqual((await sim.about()).applications, ['hello']);
  await client.channels.list();
});

test('closing ends what is under way, and the clients it made', { timeout }, async () => {
  const sim = await Simulator.start();
  const client = await sim.connect();
  await client.start('hello');
  const waiting = sim.expectRequest('channels.play');
  await Promise.all([sim.close(), sim.close()]);
  await assert.rejects(waiting, { name: 'SimulatorError', message: 'the simulator was closed' });
  await assert.rejects(sim.requests(), { name: 'SimulatorError', message: 'the simulator is closed' });
  await assert.rejects(client.channels.list(), { name: 'ConnectionException' });
  await assert.rejects(sim.connect({ maxRetries: 0 }), { name: 'HostIsNotReachable' });
});

test('the end of a block is the end of it', {
  timeout,
  skip: Symbol.asyncDispose === undefined,
}, async () => {
  for (const dispose of [Symbol.asyncDispose, Symbol.dispose]) {
    const sim = await Simulator.start();
    await sim[dispose]();
    await assert.rejects(sim.requests(), /closed/);
  }
});
