'use strict';
// Resources and their operations, as programs written for node-ari-client use them.
// What is called `ours` is where this package differs on purpose; all the rest was found to hold for the classic one, too.

const assert = require('node:assert/strict');
const test = require('node:test');
const { promisify } = require('node:util');
const { documentOf, run, scene } = require('./fake');

const NAMES = [
  'applications',
  'asterisk',
  'bridges',
  'channels',
  'deviceStates',
  'endpoints',
  'events',
  'mailboxes',
  'playbacks',
  'recordings',
  'sounds',
];

const channel = (id) => ({ id, name: `Local/${id}`, state: 'Up' });

test('all resources, and their operations as own enumerable keys', async (t) => {
  const { client } = await scene(t);
  for (const name of NAMES) {
    const { apis } = documentOf(name);
    const nicknames = apis.flatMap(({ operations }) => operations.map(({ nickname }) => nickname));
    const keys = new Set(Object.keys(client[name]));
    assert.deepEqual(
      nicknames.filter((nickname) => !keys.has(nickname)),
      [],
      name,
    );
  }
});

test('the callback comes after the options, and there is a promise besides', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels/1', 200, channel('1'));
  const calls = [];
  const promised = await client.channels.get({ channelId: '1' }, (...got) => calls.push(got));
  const [[err, given]] = calls;
  assert.equal(calls.length, 1);
  assert.equal(err, null);
  assert.equal(given.id, '1');
  assert.equal(promised.id, '1');
});

test('undefined, null or a function in place of the options are no options', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels', 200, [channel('1')]);
  const results = [
    await client.channels.list(),
    await client.channels.list(undefined),
    await client.channels.list(null),
    await client.channels.list({}),
    ...(await Promise.all([
      promisify((done) => client.channels.list(done))(),
      promisify((done) => client.channels.list(undefined, done))(),
      promisify((done) => client.channels.list(null, done))(),
    ])),
  ];
  for (const [first] of results) assert.equal(first.id, '1');
  assert.deepEqual(
    new Set(fake.calls.map(({ path, query, body }) => path + query + body)),
    new Set(['/ari/channels']),
  );
});

test('options are never modified', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('POST', '/channels', 200, channel('1'));
  fake.answer('POST', '/channels/1/play', 201, { id: 'p' });
  const variables = Object.freeze({ A: '1' });
  const options = Object.freeze({
    endpoint: 'Local/1',
    variables,
    app: 'a',
    formats: Object.freeze(['ulaw', 'alaw']),
  });
  const made = await client.Channel().originate(options);
  await client.channels.originate(options);
  await made.play(Object.freeze({ media: 'x' }), client.Playback());
  assert.deepEqual(options, {
    endpoint: 'Local/1',
    variables: { A: '1' },
    app: 'a',
    formats: ['ulaw', 'alaw'],
  });
});

test('operations work detached and with util.promisify', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels/1', 200, channel('1'));
  fake.answer('POST', '/channels/1/answer', 204);
  const { get } = client.channels;
  assert.equal((await get({ channelId: '1' })).id, '1');
  assert.equal((await promisify(client.channels.get)({ channelId: '1' })).id, '1');
  const { answer } = await get({ channelId: '1' });
  await answer();
  assert.equal(fake.last.path, '/ari/channels/1/answer');
});

test('numbers, booleans, 0 and the empty text are sent, undefined is not', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('POST', '/channels/c/dtmf', 204);
  fake.answer('POST', '/bridges/b/addChannel', 204);
  await client.channels.sendDTMF({ channelId: 'c', dtmf: '', before: 0, between: 20, after: undefined });
  assert.deepEqual(query(fake), { dtmf: '', before: '0', between: '20' });
  await client.bridges.addChannel({ bridgeId: 'b', channel: 1234, absorbDTMF: true, mute: false });
  assert.deepEqual(query(fake), { channel: '1234', absorbDTMF: 'true', mute: 'false' });
});

const query = (fake) => Object.fromEntries(new URLSearchParams(fake.last.query));

test('arrays are joined by commas', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('POST', '/bridges/b/addChannel', 204);
  await client.bridges.addChannel({ bridgeId: 'b', channel: ['1', 2] });
  assert.equal(fake.last.query.replace('%2C', ','), 'channel=1,2');
});

test('values in the path are one segment, UTF-8 everywhere', async (t) => {
  const { fake, client } = await scene(t);
  for (const [id, path] of [
    ['a/b c;1?x', 'a%2Fb%20c%3B1%3Fx'],
    ['böb', 'b%C3%B6b'],
    [1234.5, '1234.5'],
  ]) {
    await client.channels.get({ channelId: id }).catch(() => {});
    assert.equal(fake.last.path, `/ari/channels/${path}`);
  }
  fake.answer('GET', '/channels/c/variable', 200, { value: 'ü' });
  const { value } = await client.channels.getChannelVar({ channelId: 'c', variable: 'CALLERID(all)&x=é+1' });
  assert.equal(value, 'ü');
  assert.deepEqual(query(fake), { variable: 'CALLERID(all)&x=é+1' });
});

test('ours: unknown options are dropped with one warning per operation and name', async (t) => {
  const { fake } = await scene(t);
  fake.answer('GET', '/channels', 200, []);
  fake.answer('GET', '/bridges', 200, []);
  const { code, out, err } = await run(
    fake,
    `process.on('warning', ({ message }) => console.log(message));
     ari.connect(url, user, password).then(async (client) => {
       for (let i = 0; i < 3; i++) {
         await client.channels.list({ nosuch: 1 });
         await client.bridges.list({ nosuch: 1, other: 2 });
       }
     }).done();`,
    '--no-warnings',
  );
  assert.deepEqual([code, err], [0, '']);
  const lines = out.trim().split('\n');
  assert.equal(lines.length, 3);
  const about = [/channels.*nosuch/, /bridges.*nosuch/, /bridges.*other/];
  for (const pattern of about) assert.equal(lines.filter((line) => pattern.test(line)).length, 1, out);
  assert.deepEqual(new Set(fake.calls.map((call) => call.query)), new Set(['']));
});

test('unknown options are not sent', async (t) => {
  const { fake, client } = await scene(t);
  t.mock.method(process, 'emitWarning', () => {});
  fake.answer('GET', '/channels', 200, []);
  await client.channels.list({ nosuch: 1 });
  assert.equal(fake.last.query, '');
});

test('ours: unknown options are an IllegalInputException with `strict`', async (t) => {
  const { fake, client } = await scene(t, { options: { strict: true } });
  await assert.rejects(client.channels.list({ nosuch: 1 }), {
    name: 'IllegalInputException',
    delivery: 'not sent',
  });
  assert.deepEqual(fake.calls, []);
});

test('variables and fields, wrapped or not; filter is the body itself; no body parameter, no body', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('POST', '/channels', 200, channel('1'));
  fake.answer('PUT', '/asterisk/config/dynamic/c/t/i', 200, []);
  fake.answer('PUT', '/applications/a/eventFilter', 200, { name: 'a' });
  for (const variables of [{ A: 1 }, { variables: { A: 1 } }]) {
    await client.channels.originate({ endpoint: 'Local/1', variables });
    assert.deepEqual(fake.last.json, { variables: { A: 1 } });
    assert.deepEqual(query(fake), { endpoint: 'Local/1' });
    assert.match(fake.last.headers['content-type'], /^application\/json/);
  }
  await client.channels.originate({ endpoint: 'Local/1' });
  assert.equal(fake.last.body, '');
  const fields = [{ attribute: 'a', value: 'b' }];
  const object = { configClass: 'c', objectType: 't', id: 'i' };
  for (const given of [fields, { fields }]) {
    await client.asterisk.updateObject({ ...object, fields: given });
    assert.deepEqual(fake.last.json, { fields });
  }
  const filter = { allowed: [{ type: 'StasisStart' }] };
  await client.applications.filter({ applicationName: 'a', filter });
  assert.deepEqual(fake.last.json, filter);
});

test('ours: the body of a text message is a query parameter', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('PUT', '/endpoints/sendMessage', 202);
  await client.endpoints.sendMessage({ to: 'pjsip:a', from: 'sip:b', body: 'hi' });
  assert.deepEqual(query(fake), { to: 'pjsip:a', from: 'sip:b', body: 'hi' });
  assert.equal(fake.last.body, '');
});

test('a missing path parameter is rejected, nothing is sent', async (t) => {
  const { fake, client } = await scene(t);
  const err = await client.channels.get({}).catch((err) => err);
  assert.match(String(err.message ?? err), /channelId is a required path param/);
  const given = await new Promise((done) => client.channels.get(done)).catch((err) => err);
  assert.match(String(given.message ?? given), /channelId is a required path param/);
  assert.deepEqual(fake.calls, []);
});

test('ours: the missing path parameter is an Error', async (t) => {
  const { client } = await scene(t);
  await assert.rejects(client.channels.get(), (err) => err instanceof Error && err.delivery === 'not sent');
});

test('a status of 400 or more is an Error with the body as message', async (t) => {
  const { fake, client } = await scene(t);
  for (const status of [400, 404, 409, 418, 422, 500, 503]) {
    const body = JSON.stringify({ message: `no ${status}` }, null, 2);
    fake.answer('GET', '/channels/1', status, body);
    const promised = await client.channels.get({ channelId: '1' }).catch((err) => err);
    assert.ok(promised instanceof Error);
    assert.equal(promised.message, body);
    assert.equal(JSON.parse(promised.message).message, `no ${status}`);
    const given = await new Promise((done) => client.channels.get({ channelId: '1' }, done).catch(() => {}));
    assert.equal(given.message, body);
  }
});

test('ours: errors have status, reason, delivery, operation and a class', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('GET', '/channels/1', 404, { message: 'Channel not found' });
  await assert.rejects(client.channels.get({ channelId: '1' }), {
    name: 'NotFoundException',
    status: 404,
    reason: 'Channel not found',
    delivery: 'rejected',
    operation: 'channels.get',
    message: '{"message":"Channel not found"}',
  });
  fake.answer('GET', '/channels/1', 500, '');
  const err = await client.channels.get({ channelId: '1' }).catch((err) => err);
  assert.deepEqual([err.status, err.delivery], [500, 'rejected']);
  assert.notEqual(err.message, '');
});

test('empty answers give undefined or an empty text, JSON is parsed', async (t) => {
  const { fake, client } = await scene(t);
  fake.answer('POST', '/channels/c/answer', 204);
  assert.ok([undefined, ''].includes(await client.channels.answer({ channelId: 'c' })));
  fake.answer('GET', '/asterisk/variable', 200, { value: '1' });
  assert.deepEqual({ ...(await client.asterisk.getGlobalVar({ variable: 'A' })) }, { value: '1' });
});

test('a file is a Buffer of the exact bytes', async (t) => {
  const { fake, client } = await scene(t);
  const bytes = Buffer.from(Array.from({ length: 1024 }, (_, at) => at % 256));
  fake.answer('GET', '/recordings/stored/r/file', 200, bytes);
  const file = await client.recordings.getStoredFile({ recordingName: 'r' });
  assert.ok(Buffer.isBuffer(file));
  assert.ok(file.equals(bytes));
});

test('a failing operation that nobody handles does not end the process', async (t) => {
  const { fake } = await scene(t);
  fake.answer('GET', '/channels', 200, []);
  const program = (call) => `ari.connect(url, user, password).then((client) => {
    ${call};
    setImmediate(() => client.channels.list().then(() => console.log('going on')));
  });`;
  for (const call of [
    `client.channels.get({ channelId: 'nosuch' })`,
    `client.channels.get({ channelId: 'nosuch' }).then(() => {})`,
    `client.Channel().hangup()`,
  ]) {
    const { code, out, err } = await run(fake, program(call));
    assert.equal(code, 0, err);
    assert.match(out, /going on/);
    assert.match(err, /nothing at/, 'it should be told');
  }
});

test('with a callback there is no unhandled rejection', async (t) => {
  const { fake } = await scene(t);
  const { code, out, err } = await run(
    fake,
    `ari.connect(url, user, password).then((client) => {
       client.channels.get({ channelId: 'nosuch' }, (err, got) => console.log(err.message, got));
     });`,
  );
  assert.equal(code, 0);
  assert.match(out, /nothing at \/ari\/channels\/nosuch"} undefined/);
  assert.equal(err, '');
});

test('async/await, all and race over many calls', async (t) => {
  const { fake, client } = await scene(t);
  fake.answers.set('* *', ({ path }) => [200, channel(path.split('/').at(-1))]);
  const ids = Array.from({ length: 100 }, (_, at) => `c${at}`);
  const got = await Promise.all(ids.map((channelId) => client.channels.get({ channelId })));
  assert.deepEqual(
    got.map(({ id }) => id),
    ids,
  );
});
