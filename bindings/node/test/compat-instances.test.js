'use strict';
// Domain objects and the ids that clients make, as programs written for node-ari-client use them.
// What is called `ours` is where this package differs on purpose; all the rest was found to hold for the classic one, too.

const assert = require('node:assert/strict');
const test = require('node:test');
const { inspect } = require('node:util');
const { documentOf, scene } = require('./fake');

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

// What a GET of one gives, and the operation to try the identity with.
const KINDS = [
  ['Application', 'applications', '/applications/a', { name: 'a', channel_ids: [] }, '/applications/a'],
  ['Bridge', 'bridges', '/bridges/b', { id: 'b', bridge_type: 'mixing' }, '/bridges/b'],
  ['Channel', 'channels', '/channels/c', { id: 'c', state: 'Up' }, '/channels/c'],
  ['DeviceState', 'deviceStates', '/deviceStates/Stasis%3Ad', { name: 'Stasis:d', state: 'BUSY' }],
  ['Endpoint', 'endpoints', '/endpoints/PJSIP/r', { technology: 'PJSIP', resource: 'r', channel_ids: [] }],
  ['LiveRecording', 'recordings', '/recordings/live/r', { name: 'r', state: 'recording', format: 'wav' }],
  ['Mailbox', 'mailboxes', '/mailboxes/m', { name: 'm', old_messages: 1, new_messages: 0 }],
  ['Playback', 'playbacks', '/playbacks/p', { id: 'p', state: 'playing' }],
  ['Sound', 'sounds', '/sounds/hello', { id: 'hello', formats: [{ language: 'en', format: 'gsm' }] }],
  ['StoredRecording', 'recordings', '/recordings/stored/r', { name: 'r', format: 'wav' }],
];

const identity = (kind) =>
  ({
    Application: { applicationName: 'a' },
    Bridge: { bridgeId: 'b' },
    Channel: { channelId: 'c' },
    DeviceState: { deviceName: 'Stasis:d' },
    Endpoint: { tech: 'PJSIP', resource: 'r' },
    LiveRecording: { recordingName: 'r' },
    Mailbox: { mailboxName: 'm' },
    Playback: { playbackId: 'p' },
    Sound: { soundId: 'hello' },
    StoredRecording: { recordingName: 'r' },
  })[kind];

const getter = (kind) => ({ LiveRecording: 'getLive', StoredRecording: 'getStored' })[kind] ?? 'get';

const query = (fake) => Object.fromEntries(new URLSearchParams(fake.last.query));

/** The data among the own properties. */
const data = (instance) =>
  Object.fromEntries(
    Object.entries(instance).filter(([key, value]) => key[0] !== '_' && typeof value !== 'function'),
  );

for (const [kind, resource, path, json] of KINDS) {
  test(`a result of class ${kind} is an instance: the fields of the JSON, and the operations`, async (t) => {
    const { fake, client } = await scene(t);
    fake.answer('GET', path, 200, json);
    const found = await client[resource][getter(kind)](identity(kind));
    assert.equal(fake.last.path, `/ari${path}`);
    for (const [key, value] of Object.entries(json)) assert.deepEqual(found[key], value);
    const { apis } = documentOf(resource);
    const nicknames = apis.flatMap(({ operations }) => operations.map(({ nickname }) => nickname));
    assert.deepEqual(
      nicknames.filter((nickname) => !Object.keys(found).includes(nickname)),
      [],
    );
    for (const listen of ['on', 'once', 'addListener', 'removeListener', 'removeAllListeners'])
      assert.equal(typeof found[listen], 'function');
  });

  test(`ours: the identity of ${kind} is filled in, and JSON and inspect show its data`, async (t) => {
    const { fake, client } = await scene(t);
    fake.answer('GET', path, 200, json);
    const found = await client[resource][getter(kind)](identity(kind));
    const again = await found[getter(kind)]();
    assert.equal(fake.last.path, `/ari${path}`);
    assert.equal(fake.calls.length, 2);
    assert.deepEqual(JSON.parse(JSON.stringify(again)), json);
    assert.doesNotMatch(inspect(again, { depth: 5, showHidden: false }), /client|Port|password/i);
    assert.match(inspect(again), new RegExp(Object.keys(json)[0]));
    assert.deepEqual({ ...data(again) }, json);
  });
}

test('lists are arrays of instances; what is no such class is plain', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels', 200, [{ id: '1' }, { id: '2' }]);
  fake.answer('POST', '/channels/2/hangup', 204);
  fake.answer('DELETE', '/channels/2', 204);
  const channels = await client.channels.list();
  assert.ok(Array.isArray(channels));
  await channels[1].hangup();
  assert.equal(`${fake.last.method} ${fake.last.path}`, 'DELETE /ari/channels/2');
  fake.answer('GET', '/asterisk/modules', 200, [{ name: 'x.so', status: 'Running' }]);
  const [module] = await client.asterisk.listModules();
  assert.deepEqual(module, { name: 'x.so', status: 'Running' });
  assert.deepEqual(Object.keys(module), ['name', 'status']);
});

test('eleven functions make instances without a request', async (t) => {
  const { fake, client } = await scene(t);
  const field = {
    Application: 'name',
    Bridge: 'id',
    Channel: 'id',
    DeviceState: 'name',
    LiveRecording: 'name',
    Mailbox: 'name',
    Playback: 'id',
    Sound: 'id',
    StoredRecording: 'name',
  };
  for (const [kind, key] of Object.entries(field)) {
    const one = client[kind]();
    assert.match(one[key], UUID4, kind);
    assert.notEqual(client[kind]()[key], one[key]);
    assert.equal(client[kind]('mine')[key], 'mine');
    assert.equal(client[kind]({ [key]: 'values', x: 1 })[key], 'values');
    assert.equal(client[kind]({ [key]: 'values', x: 1 }).x, 1);
    const both = client[kind]('mine', { x: 2 });
    assert.deepEqual([both[key], both.x], ['mine', 2]);
  }
  assert.equal(typeof client.Endpoint().sendMessage, 'function');
  assert.deepEqual(fake.calls, []);
});

test('ours: client.Asterisk() and endpoints of the own making can make calls', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/asterisk/variable', 200, { value: '1' });
  assert.equal((await client.Asterisk().getGlobalVar({ variable: 'V' })).value, '1');
  fake.answer('GET', '/endpoints/T/r', 200, { technology: 'T', resource: 'r' });
  assert.equal((await client.Endpoint({ technology: 'T', resource: 'r' }).get()).resource, 'r');
});

test('the call forms of an instance', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('POST', '/channels/c/play', 201, { id: 'p' });
  fake.answer('DELETE', '/channels/c', 204);
  const channel = client.Channel('c');
  const called = (form) => new Promise((done) => form((err, got) => done([err, got?.id])));
  const played = [null, 'p'];
  const options = { media: 'sound:x' };
  assert.equal((await channel.play(options)).id, 'p');
  assert.deepEqual(query(fake), options);
  assert.deepEqual(await called((done) => channel.play(options, done)), played);
  assert.deepEqual(query(fake), options);
  const playback = client.Playback();
  assert.equal((await channel.play(options, playback)).id, 'p');
  assert.deepEqual(query(fake), { ...options, playbackId: playback.id });
  assert.deepEqual(await called((done) => channel.play(options, playback, done)), played);
  assert.deepEqual(query(fake), { ...options, playbackId: playback.id });
  await channel.hangup();
  assert.deepEqual(await called((done) => channel.hangup(done)), [null, undefined]);
  assert.equal(fake.calls.length, 6);
});

test('client-made ids are sent with what creates', async (t) => {
  const { fake, client } = await scene(t);
  fake.answers.set('* *', ({ method }) => (method === 'POST' ? [200, { id: 'x', name: 'x' }] : [204]));
  const sent = async (promise) => {
    await promise;
    return { path: fake.last.path.replace('/ari', ''), ...query(fake) };
  };
  let channel = client.Channel();
  const { id } = channel;
  assert.deepEqual(await sent(channel.originate({ endpoint: 'e', app: 'a' })), {
    path: '/channels',
    channelId: id,
    endpoint: 'e',
    app: 'a',
  });
  channel = client.Channel();
  const created = await sent(channel.create({ endpoint: 'e', app: 'a' }));
  assert.deepEqual(created, { path: '/channels/create', channelId: channel.id, endpoint: 'e', app: 'a' });
  channel = client.Channel('mine');
  assert.equal((await sent(channel.originate({ endpoint: 'e' }))).channelId, 'mine');

  let bridge = client.Bridge();
  assert.deepEqual(await sent(bridge.create()), { path: '/bridges', bridgeId: bridge.id });
  bridge = client.Bridge('mine');
  const typed = await sent(bridge.create({ type: 'holding' }));
  assert.deepEqual(typed, { path: '/bridges', bridgeId: 'mine', type: 'holding' });

  const to = client.Channel('c');
  const playback = client.Playback('p1');
  const played = await sent(to.play({ media: 'm' }, playback));
  assert.deepEqual(played, { path: '/channels/c/play', media: 'm', playbackId: 'p1' });
  const recording = client.LiveRecording();
  const recorded = await sent(to.record({ format: 'wav' }, recording));
  assert.deepEqual(recorded, { path: '/channels/c/record', format: 'wav', name: recording.name });
  assert.equal((await sent(to.record({ format: 'wav' }, client.LiveRecording('r1')))).name, 'r1');
  const snoop = client.Channel();
  const snooped = await sent(to.snoopChannel({ app: 'a', spy: 'in' }, snoop));
  assert.deepEqual(snooped, { path: '/channels/c/snoop', app: 'a', spy: 'in', snoopId: snoop.id });
  const inBridge = await sent(client.Bridge('b').play({ media: 'm' }, client.Playback('p2')));
  assert.deepEqual(inBridge, { path: '/bridges/b/play', media: 'm', playbackId: 'p2' });
});

test('ids of instances that came from the server stay where they are', async (t) => {
  const { fake, client } = await scene(t);
  fake.answers.set('* *', () => [200, { id: 'c', name: 'x' }]);
  const channel = await client.channels.get({ channelId: 'c' });
  await channel.play({ media: 'm' });
  assert.deepEqual(query(fake), { media: 'm' });
  await channel.getChannelVar({ variable: 'V' });
  assert.equal(`${fake.last.path}?${fake.last.query}`, '/ari/channels/c/variable?variable=V');
});

test('ids among the options; an instance that was made here goes before them', async (t) => {
  const { fake, client } = await scene(t);
  fake.answers.set('* *', () => [200, { id: 'x', name: 'x' }]);
  const channel = client.Channel('c');
  await channel.play({ media: 'm', playbackId: 'given' });
  assert.deepEqual(query(fake), { media: 'm', playbackId: 'given' });
  const playback = client.Playback();
  await client.channels.play({ channelId: 'c', media: 'm', playbackId: playback.id });
  assert.deepEqual(query(fake), { media: 'm', playbackId: playback.id });
  await channel.play({ media: 'm', playbackId: 'given' }, playback);
  assert.deepEqual(query(fake), { media: 'm', playbackId: playback.id });
  await channel.originate({ endpoint: 'e', channelId: 'given' });
  assert.deepEqual(query(fake), { endpoint: 'e', channelId: 'c' });
  await channel.get({ channelId: 'given' });
  assert.equal(fake.last.path, '/ari/channels/c');
  const found = await client.channels.get({ channelId: 'c' });
  await found.originate({ endpoint: 'e', channelId: 'given' });
  assert.deepEqual(query(fake), { endpoint: 'e', channelId: 'given' });
});

test('what a creating call gives is another instance, with the values of the server', async (t) => {
  const { fake, client } = await scene(t);
  const bridge = client.Bridge();
  fake.answer('POST', '/bridges', 200, { id: bridge.id, bridge_type: 'mixing', channels: [] });
  const made = await bridge.create({ type: 'mixing' });
  assert.notEqual(made, bridge);
  assert.deepEqual([made.id, made.bridge_type], [bridge.id, 'mixing']);
  fake.answer('POST', `/bridges/${bridge.id}/addChannel`, 204);
  for (const one of [made, bridge]) await one.addChannel({ channel: ['1', '2'] });
  assert.equal(fake.calls.length, 3);
});

test('numbers as ids', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels/1234.5', 200, { id: '1234.5' });
  const { id } = await client.channels.get({ channelId: 1234.5 });
  assert.equal(id, '1234.5');
});
