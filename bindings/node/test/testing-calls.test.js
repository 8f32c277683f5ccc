'use strict';
// The people at the telephones: what they do, what the application hears of it, what they hear of the application.

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { Call, ExpectationError, Simulator, SimulatorError } = require('../testing');
const { connected, node, simulate } = require('./simulated');

const timeout = 60_000;

/** A call into `hello`, as the test and as the application has it. */
async function called(t, call = '1000', more = {}) {
  const scene = await connected(t, more);
  const begun = once(scene.client, 'StasisStart');
  const caller = await scene.sim.call(...[call].flat());
  const [event, channel] = await begun;
  return { ...scene, caller, channel, event };
}

test('somebody calls through the dialplan', { timeout }, async (t) => {
  const { caller, channel } = await called(t, ['1000', { caller: 'Ann <123>' }]);
  assert.ok(caller instanceof Call);
  assert.deepStrictEqual([caller.id, caller.name], [channel.id, channel.name]);
  assert.deepStrictEqual(channel.caller, { name: 'Ann', number: '123' });
  assert.deepStrictEqual([channel.state, channel.dialplan.exten], ['Ring', '1000']);
  assert.strictEqual((await caller.state()).application, 'hello');
  await channel.answer();
  const { state, hungUp } = await caller.expectState('Up');
  assert.deepStrictEqual([state, hungUp], ['Up', false]);
});

test('and straight into an application', { timeout }, async (t) => {
  const call = {
    app: 'hello',
    args: ['a', 'b c'],
    id: 'call/1',
    endpoint: 'PJSIP/alice',
    variables: { LANG: 'de', SIZE: 5, NONE: null },
    caller: { name: 'Ann', number: '123' },
  };
  const { caller, channel, event } = await called(t, call);
  assert.deepStrictEqual(event.args, ['a', 'b c']);
  assert.deepStrictEqual([caller.id, channel.id], ['call/1', 'call/1']);
  assert.match(channel.name, /^PJSIP\/alice-/);
  assert.strictEqual((await channel.getChannelVar({ variable: 'LANG' })).value, 'de');
  assert.strictEqual((await channel.getChannelVar({ variable: 'SIZE' })).value, '5');
  assert.deepStrictEqual(channel.caller, { name: 'Ann', number: '123' });
  await caller.hangUp();
  await caller.expectHungUp();
});

test('callers as one writes them', { timeout }, async (t) => {
  const { sim, client } = await connected(t);
  for (const [caller, expected] of [
    ['"Ann Bee" <+49 30 1>', { name: 'Ann Bee', number: '+49 30 1' }],
    ['<123>', { name: '', number: '123' }],
    ['123', { name: '', number: '123' }],
    [{ number: '5' }, { name: '', number: '5' }],
  ]) {
    const begun = once(client, 'StasisStart');
    await sim.call({ exten: '1000', caller });
    assert.deepStrictEqual((await begun)[0].channel.caller, expected);
  }
  assert.strictEqual((await sim.calls()).length, 4);
});

test('keys', { timeout }, async (t) => {
  const { caller, channel } = await called(t);
  await channel.answer();
  const keys = [];
  channel.on('ChannelDtmfReceived', ({ digit, duration_ms }) => keys.push([digit, duration_ms]));
  const last = new Promise((done) =>
    channel.on('ChannelDtmfReceived', ({ digit }) => digit === '#' && done()),
  );
  await caller.press('1*', { duration: 80, gap: 40 });
  await caller.press(2);
  await caller.press('#');
  await last;
  assert.deepStrictEqual(keys, [
    ['1', 80],
    ['*', 80],
    ['2', 100],
    ['#', 100],
  ]);
});

test('what they hear', { timeout }, async (t) => {
  const { sim, caller, channel } = await called(t, '1000', {
    options: { sounds: { 'my/menu': 1000 }, speed: 100 },
  });
  await channel.answer();
  await channel.play({ media: 'sound:hello-world' });
  await caller.expectHeard('sound:hello-world');
  const playback = await channel.play({ media: ['sound:my/menu'] });
  const { playing, heard } = await caller.expectPlaying('sound:my/menu');
  assert.deepStrictEqual([playing, heard], [['sound:my/menu'], ['sound:hello-world']]);
  const error = await caller.expectHeard('sound:my/menu', { within: 0.05 }).catch((error) => error);
  assert.ok(error instanceof ExpectationError);
  assert.match(error.message, /sound:my\/menu/);
  assert.match(error.stack.slice(error.message.length), /testing-calls\.test\.js/);
  await playback.stop();
  await sim.expectEvent('PlaybackFinished', { playback: playback.id });
});

test('the application hangs up, or they do', { timeout }, async (t) => {
  const { caller, channel } = await called(t);
  await channel.hangup({ reason: 'busy' });
  const { hungUp, cause, causeTxt } = await caller.expectHungUp();
  assert.deepStrictEqual([hungUp, cause, causeTxt], [true, 17, 'User busy']);
  for (const late of [caller.press('1'), caller.hold(), caller.talk(1)])
    await assert.rejects(late, { name: 'SimulatorError', status: 409 });
  assert.strictEqual((await caller.state()).hungUp, true);

  const { sim, client } = await connected(t);
  const begun = once(client, 'StasisStart');
  const other = await sim.call('1000');
  const ended = once((await begun)[1], 'StasisEnd');
  await other.hangUp(16);
  await ended;
  await other.expect({ hungUp: true, within: 1 });
  assert.deepStrictEqual(await sim.calls(), []);
});

test('nobody is there for the call, or comes late', { timeout }, async (t) => {
  const sim = await simulate(t);
  await assert.rejects(sim.call('1000', { within: 0.05 }), (error) => {
    assert.match(error.message, /hello/);
    return error instanceof SimulatorError && error.status === 409;
  });
  const calling = sim.call('1000');
  const client = await sim.connect();
  await client.start('hello');
  assert.match((await calling).id, /./);
  await sim.expectEvent('StasisStart');
  await assert.rejects(sim.call({ context: 'default' }), { status: 400 });
  await assert.rejects(sim.call('1000', { caler: 'Ann' }), /`caler`/);
});

test('the application calls, and connects two', { timeout }, async (t) => {
  const { sim, client, caller, channel } = await called(t);
  await channel.answer();
  const taken = once(client, 'StasisStart');
  await client.channels.originate({ endpoint: 'PJSIP/bob', app: 'hello', callerId: 'Ann <123>' });
  const bob = await sim.expectCall('PJSIP/bob');
  await bob.expectState('Ringing');
  await bob.answer();
  const [, other] = await taken;
  assert.strictEqual(other.id, bob.id);
  const bridge = await client.bridges.create({ type: 'mixing' });
  await bridge.addChannel({ channel: [channel.id, other.id] });
  assert.strictEqual((await caller.expectBridged(bridge.id)).bridge, bridge.id);
  await bob.expectBridged(bridge);
  await bob.expectBridged();
  await bob.expectBridged(bridge.id, { within: 1 });
  await bob.expect({ bridge, state: 'Up', application: 'hello' });
  await other.continueInDialplan({ context: 'default', extension: '100' });
  await bob.expect({ bridge: null, application: null });
  await assert.rejects(bob.expectBridged('another', { within: 0.05 }), ExpectationError);
  await assert.rejects(sim.expectCall('PJSIP/bob', { within: 0.05 }), ExpectationError);
});

test('telephones do what they are told', { timeout }, async (t) => {
  const { sim, client } = await connected(t);
  const destroyed = async (endpoint, meanwhile = () => {}) => {
    const channel = client.Channel();
    const gone = once(channel, 'ChannelDestroyed');
    await channel.originate({ endpoint, app: 'hello' });
    await meanwhile();
    return (await gone)[0].cause;
  };
  await sim.phone('PJSIP/carol', { onCall: 'busy' });
  assert.strictEqual(await destroyed('PJSIP/carol'), 17);
  await sim.phone('PJSIP/carol', { onCall: 'decline' });
  assert.strictEqual(await destroyed('PJSIP/carol'), 21);
  assert.strictEqual(
    await destroyed('PJSIP/bob', async () => (await sim.expectCall('PJSIP/bob')).reject(17)),
    17,
  );
  assert.strictEqual(
    await destroyed('PJSIP/bob', async () => (await sim.expectCall('PJSIP/bob')).reject()),
    21,
  );

  await sim.phone('PJSIP/carol', { onCall: 'answer', after: 1 });
  const taken = once(client, 'StasisStart');
  await client.channels.originate({ endpoint: 'PJSIP/carol', app: 'hello' });
  await taken;

  await sim.phone('PJSIP/dave', { onCall: 'silent' });
  await client.channels.originate({ endpoint: 'PJSIP/dave', app: 'hello' });
  const dave = await sim.expectCall('PJSIP/dave');
  assert.strictEqual((await dave.state()).state, 'Down');
  await dave.ring();
  await dave.expectState('Ringing');
  await dave.answer();
  await dave.expectState('Up');
  assert.deepStrictEqual(Object.keys(await sim.phones()).sort(), [
    'PJSIP/alice',
    'PJSIP/bob',
    'PJSIP/carol',
    'PJSIP/dave',
  ]);
});

test('hold, and talk', { timeout }, async (t) => {
  const { sim, caller, channel } = await called(t, { app: 'hello', endpoint: 'PJSIP/alice' });
  await channel.answer();
  await caller.hold('default');
  await sim.expectEvent('ChannelHold', { channel: caller.id, musicclass: 'default' });
  await caller.unhold();
  await sim.expectEvent('ChannelUnhold', { channel: caller.id });
  await channel.setChannelVar({ variable: 'TALK_DETECT(set)', value: '' });
  await caller.talk(1);
  await sim.expectEvent('ChannelTalkingStarted', { channel: caller.id });
  await sim.expectEvent('ChannelTalkingFinished', { channel: caller.id });
});

test('the music they hear', { timeout }, async (t) => {
  const { caller, channel } = await called(t);
  await channel.answer();
  assert.strictEqual((await caller.expect({ moh: null })).moh, null);
  await channel.startMoh({ mohClass: 'waltz' });
  assert.strictEqual((await caller.expect({ moh: true })).moh, 'waltz');
  await assert.rejects(caller.expect({ moh: 'tango', within: 0.05 }), ExpectationError);
});

test("the test of the example's IVR", { timeout }, async () => {
  const { code, out } = await node('--test', path.join(__dirname, '../../../examples/node/ivr.test.js'));
  assert.strictEqual(code, 0, out);
  assert.match(out, /digits are said back/);
});

for (const [document, title] of [
  ['README.md', '# leaves the menu'],
  ['docs/node.md', 'digits are said back, and # leaves the menu'],
]) {
  test(`the test in ${document}, as it stands there`, { timeout }, async (t) => {
    const root = path.join(__dirname, '../../..');
    const text = fs.readFileSync(path.join(root, document), 'utf8');
    const blocks = [...text.matchAll(/```js\n(.*?)```/gs)].map(([, block]) => block);
    const [block] = blocks.filter((block) => block.includes(`test('${title}'`));
    // A document for several languages says in its words what comes first.
    const head = block.startsWith('test(')
      ? `const { test } = require('node:test');
const { Simulator } = require('asterisk-ari/testing');
const ivr = require('./ivr');
`
      : '';
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ari-document-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const examples = path.join(root, 'examples/node');
    fs.copyFileSync(path.join(examples, 'ivr.js'), path.join(folder, 'ivr.js'));
    fs.symlinkSync(path.join(examples, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    fs.writeFileSync(path.join(folder, 'document.test.js'), head + block);
    const { code, out } = await node('--test', path.join(folder, 'document.test.js'));
    assert.strictEqual(code, 0, out);
    assert.match(out, /# pass 1\n/);
  });
}

test('many calls at once', { timeout }, async (t) => {
  const sim = await Simulator.start({ speed: 1000 });
  t.after(() => sim.close());
  const client = await sim.connect();
  client.on('StasisStart', async (_event, channel) => {
    await channel.answer();
    await channel.play({ media: 'sound:hello-world' });
  });
  await client.start('hello');
  const calls = await Promise.all(Array.from({ length: 100 }, () => sim.call('1000')));
  await Promise.all(calls.map((call) => call.expectHeard('sound:hello-world')));
  await Promise.all(calls.map((call) => call.hangUp()));
  await Promise.all(calls.map((call) => call.expectHungUp()));
});
