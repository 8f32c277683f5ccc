'use strict';
// Events are put together from their shapes: they have to be what JSON.parse makes of the same text, in every respect.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { decode } = require('../lib/json');
const { Fake, run, started } = require('./fake');

/** The same numbers every time. */
function dice(seed) {
  let state = seed;
  const roll = (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  return { roll, pick: (list) => list[roll(list.length)] };
}

const TYPES = ['StasisStart', 'ChannelVarset', 'ChannelUserevent', 'BridgeCreated', 'NewerThanTheLibrary'];
const NAMES = [
  'channel',
  'id',
  'name',
  'state',
  'caller',
  'dialplan',
  'bridge',
  'value',
  'a-b',
  'x.y',
  'args',
];
const ODD_NAMES = [
  '__proto__',
  '0',
  '17',
  '',
  'constructor',
  'toString',
  'é',
  '\\u0041',
  'a\\"b',
  'type',
  '-1',
  '4294967296',
];
const SCALARS = [
  '"Up"',
  '"Ring"',
  '""',
  '"bench-1"',
  '"a longer text that is kept nowhere, since it is longer than what is kept, and that comes again and again"',
  '0',
  '-0',
  '1',
  '-17',
  '3.25',
  '1e3',
  '1E-7',
  '123456789012345',
  '1e308',
  'true',
  'false',
  'null',
  '"\\n\\t\\\\\\"\\/"',
  '"\\u00e9\\ud83d\\ude00"',
  '"gr\u00fc\u00df dich"',
  '"\u{1f600}"',
  '"\u2028"',
  '"{\\"a\\":[1,2]}"',
  '"0"',
  '"\\\\"',
];
const LONG = [
  '12345678901234567890',
  '-9007199254740993',
  '9007199254740991',
  '1234567890123456.5',
  '"12345678901234567890"',
];

/** A structure whose values are still open, and names that repeat as those of Asterisk do. */
function skeleton({ roll, pick }, depth, odd) {
  const kind = depth === 0 ? 9 : roll(10);
  if (kind > 4) return { last: undefined };
  if (kind > 2) return Array.from({ length: roll(4) }, () => skeleton({ roll, pick }, depth - 1, odd));
  return members({ roll, pick }, depth, odd);
}

function members({ roll, pick }, depth, odd) {
  const names = new Set();
  const found = [];
  for (let left = roll(8); left > 0; left -= 1) {
    const name = odd && roll(4) === 0 ? pick(ODD_NAMES) : pick(NAMES);
    // Only the odd ones say a thing twice.
    if (names.has(name) && !odd) continue;
    names.add(name);
    found.push({ name, value: skeleton({ roll, pick }, depth - 1, odd) });
  }
  return { members: found };
}

function write(rolled, value, scalars, space) {
  if (Array.isArray(value))
    return `[${space}${value.map((item) => write(rolled, item, scalars, space)).join(`,${space}`)}]`;
  if (value.members === undefined) return scalar(rolled, value, scalars);
  const all = value.members.map(
    (member) => `"${member.name}":${space}${write(rolled, member.value, scalars, space)}`,
  );
  return `{${space}${all.join(`,${space}`)}${space}}`;
}

/** Often what it was, and otherwise one of many more than are kept, or one that comes again and again. */
function scalar({ roll, pick }, place, scalars) {
  if (place.last === undefined || roll(3) === 0)
    place.last = roll(2) === 0 ? `"value ${roll(5000)}"` : pick(scalars);
  return place.last;
}

/** Frames of a few shapes that repeat, and some of no shape at all. */
function frames(seed, count, scalars) {
  const { roll, pick } = dice(seed);
  const shapes = Array.from({ length: 30 }, () => ({
    type: pick(TYPES),
    rest: members({ roll, pick }, 3, false),
  }));
  return Array.from({ length: count }, (_, n) => {
    const odd = roll(6) === 0;
    const { type, rest } = odd ? { type: pick(TYPES), rest: members({ roll, pick }, 4, true) } : pick(shapes);
    const space = roll(20) === 0 ? ' ' : '';
    const text = write({ roll, pick }, rest, scalars, space).slice(1);
    const first = `{"type":"${type}","number":${n}`;
    const last = `,"type":"${type}"`;
    // Where the type stands last, it may have been said before.
    if (odd && roll(2) === 0)
      return `{"number":${n}${/^\s*}/.test(text) ? text.replace(/^\s*/, last) : `,${text.replace(/}$/, `${last}}`)}`}`;
    return /^\s*}/.test(text) ? `${first}${text}` : `${first},${text.replace(/}$/, `${odd ? last : ''}}`)}`;
  });
}

/** Everything that can be seen of a value. */
function seen(value) {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value;
  return [
    Object.getPrototypeOf(value) === Array.prototype,
    Object.getPrototypeOf(value) === Object.prototype,
  ].concat(
    Reflect.ownKeys(value).map((name) => {
      const { value: inner, ...rest } = Object.getOwnPropertyDescriptor(value, name);
      return Array.isArray(value) && name === 'length' ? inner : [name, rest, seen(inner)];
    }),
  );
}

async function compare(t, texts, options, read) {
  const { client, socket } = await started(t, { options });
  const events = [];
  client.on('*', (event) => events.push(event));
  const end = once(client, 'End');
  for (const [index, text] of texts.entries()) {
    socket.send(text);
    // Batches of different sizes, small ones too.
    if (index % 50 < 25) await new Promise(setImmediate);
  }
  socket.send('{"type":"End"}');
  await end;
  assert.equal(events.pop().type, 'End');
  assert.equal(events.length, texts.length);
  texts.forEach((text, index) => {
    assert.deepEqual(seen(events[index]), seen(read(text)), text);
    assert.equal(JSON.stringify(events[index], big), JSON.stringify(read(text), big), text);
  });
}

const big = (_name, value) => (typeof value === 'bigint' ? `${value}n` : value);

for (const seed of [1, 2, 3, 6, 7]) {
  test(`thousands of frames are what JSON.parse makes of them (${seed})`, async (t) => {
    await compare(t, frames(seed, 3000, [...SCALARS, ...LONG]), {}, JSON.parse);
  });
}

test('large integers are exact in every shape', async (t) => {
  await compare(t, frames(4, 3000, [...SCALARS, ...LONG]), { bigIntegers: true }, (text) =>
    decode(text, true),
  );
});

test('more shapes than are kept, more values than a shape has, and nested deeply', async (t) => {
  const wide = (n) => JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [`v${i}`, i])));
  const deep = (n) => `${'['.repeat(n)}1${']'.repeat(n)}`;
  const texts = [];
  for (let n = 0; n < 300; n += 1) {
    texts.push(`{"type":"ChannelUserevent","userevent":${wide(n)},"channel":{"id":"c${n}"}}`);
    texts.push(
      `{"type":"${TYPES[n % 4]}","x":${deep(n % 40)}}`,
      `{"type":"Dial","value":"${'x'.repeat(n)}"}`,
    );
  }
  await compare(t, [...texts, `{"type":"Dial","x":${deep(500)}}`, ...texts], {}, JSON.parse);
});

test('programs that forbid code to be made of texts get the same events', async (t) => {
  const texts = frames(5, 2000, SCALARS);
  const fake = await Fake.start();
  t.after(() => fake.close());
  const program = `ari.connect(url, user, password).then(async (client) => {
    const all = [];
    client.on('*', (event) => {
      if (event.type === 'End') client.stop();
      else all.push(event);
    });
    await client.start('hello');
    process.on('exit', () => require('node:fs').writeSync(1, JSON.stringify(all)));
  });`;
  const ended = run(fake, program, '--disallow-code-generation-from-strings');
  const socket = await fake.socket();
  for (const text of texts) socket.send(text);
  socket.send('{"type":"End"}');
  const { code, out, err } = await ended;
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.equal(out, JSON.stringify(texts.map((text) => JSON.parse(text))));
});
