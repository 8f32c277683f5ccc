'use strict';
// The examples run: the IVR with its demo, and the program in the style of 2014.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { after, before, test } = require('node:test');
const ari = require('..');
const { Asterisk, PACKAGE, unique, until, within } = require('./real');

const EXAMPLES = path.join(PACKAGE, '../../examples/node');
const timeout = 120_000;

let asterisk;

before(async () => {
  asterisk = await Asterisk.any();
});
after(() => asterisk.close());

/** Runs Node; what it printed is in `out` and `err`. */
function node(...given) {
  const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.out = '';
  child.err = '';
  child.stdout.on('data', (text) => {
    child.out += text;
  });
  child.stderr.on('data', (text) => {
    child.err += text;
  });
  child.ended = once(child, 'close');
  after(() => child.kill()); // one whose test has failed
  return child;
}

/** It is called like the demos' application, which outlives them by a while: so it comes first. */
test('a program of 2014', { timeout }, async () => {
  const program = node(path.join(EXAMPLES, 'readme.js'), asterisk.url);
  const client = await asterisk.connect();
  const isThere = async () => (await client.applications.list()).some(({ name }) => name === 'hello');
  await until(isThere, () => `the application of ${program.out} ${program.err}`);

  const [watcher, id] = [unique('watcher'), unique('call')];
  const keys = [];
  const over = new Promise((resolve) => {
    client.on('ChannelDtmfReceived', (event, channel) => channel.id === id && keys.push(event.digit));
    client.on('ChannelDestroyed', (_event, channel) => channel.id === id && resolve());
  });
  await client.start(watcher);
  await client.channels.originate({
    endpoint: 'Local/1000@default',
    context: 'default',
    extension: 'caller',
    priority: 1,
    variables: { KEYS: '1#' },
    channelId: unique('caller'),
    otherChannelId: id,
  });
  const subscribe = () =>
    client.applications.subscribe({ applicationName: watcher, eventSource: `channel:${id}` });
  await until(
    () =>
      subscribe().then(
        Boolean,
        (error) => error instanceof ari.UnprocessableException === false && Promise.reject(error),
      ),
    () => `the call ${id}`,
  );
  await within(over, () => program.out + program.err, 60_000);
  await until(
    () => / goes on$/m.test(program.out),
    () => program.out + program.err,
  );
  program.kill();
  await program.ended;
  client.stop();
  assert.deepStrictEqual(keys, ['1', '#']);
  assert.match(program.out, /^call of Local\/1000@default/m);
  assert.match(program.out, /^sound:hello-world: done$/m);
  assert.match(program.out, /^sound:digits\/1: done$/m);
  assert.strictEqual(program.err, '');
});

test('the demo', { timeout }, async () => {
  const { url, username, password } = asterisk;
  const demo = node(
    path.join(EXAMPLES, 'demo.js'),
    '--url',
    url,
    '--username',
    username,
    '--password',
    password,
  );
  const [code] = await demo.ended;
  assert.strictEqual(code, 0, demo.out + demo.err);
  const [version] = (await asterisk.connect()).serverVersion.split('+');
  assert.strictEqual(demo.out.trim().split('\n').at(-1), `demo: node passed on Asterisk ${version}`);
});

test('the demo tells when the story is another', { timeout }, async () => {
  const { url, username, password } = asterisk;
  const source = `require(${JSON.stringify(path.join(EXAMPLES, 'demo.js'))}).main('12', 6).then((code) => process.exit(code))`;
  const demo = node('-e', source, '--', '--url', url, '--username', username, '--password', password);
  const [code] = await demo.ended;
  assert.strictEqual(code, 1, demo.out + demo.err);
  assert.match(demo.err, /went on in the dialplan/);
  assert.doesNotMatch(demo.out, /passed/);
});
