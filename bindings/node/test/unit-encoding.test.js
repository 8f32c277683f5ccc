'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const vm = require('node:vm');
const ari = require('..');
const { decode, encode } = require('../lib/json');

const written = (value) => encode(value, 'x', 'a.b');

test('what JSON can say is written as JSON.stringify writes it', () => {
  const values = [
    '',
    'ä"\\\n\u2028\0😀',
    0,
    -0,
    1e21,
    0.1,
    true,
    false,
    null,
    [],
    {},
    [1, [undefined, null]],
    { a: undefined, b: { c: '' } },
  ];
  for (const value of values) assert.equal(written(value), JSON.stringify(value));
  assert.equal(written(new Date(0)), '"1970-01-01T00:00:00.000Z"');
  assert.equal(written([new String('a'), Object(1), Object(2n)]), '["a",1,2]');
  assert.equal(written(Object.assign(Object.create(null), { a: 1 })), '{"a":1}');
  assert.equal(written(vm.runInNewContext('({ a: [1, "b"] })')), '{"a":[1,"b"]}');
  // biome-ignore lint/suspicious/noSparseArray: on purpose
  assert.equal(written([1, , 2]), '[1,null,2]');
  assert.equal(written(undefined), undefined);
});

test('BigInt is written digit for digit', () => {
  assert.equal(
    written([9007199254740993n, { n: -9223372036854775808n }]),
    '[9007199254740993,{"n":-9223372036854775808}]',
  );
});

test('what JSON cannot say is refused by name, wherever it stands', () => {
  const circle = {};
  circle.self = [circle];
  const bad = [
    NaN,
    Infinity,
    -Infinity,
    () => 1,
    Symbol('s'),
    '\ud800',
    'a\udc00b',
    circle,
    new Map(),
    new Set(),
    /x/,
    Buffer.from('a'),
    Promise.resolve(1),
    new Error('x'),
  ];
  for (const value of bad) {
    for (const place of [value, [value], { member: value }]) {
      assert.throws(
        () => encode(place, 'timeout', 'channels.originate'),
        (error) => {
          assert.ok(error instanceof ari.IllegalInputException, String(error));
          assert.match(error.message, /^timeout of channels\.originate /);
          assert.equal(error.delivery, 'not sent');
          assert.equal(error.operation, 'channels.originate');
          return true;
        },
      );
    }
  }
  assert.throws(() => written({ '\ud800': 1 }), ari.IllegalInputException);
});

test('integers are exact when that is asked for', () => {
  const text =
    '{"a":9007199254740993,"b":[-9223372036854775808,1e20,9007199254740991,0.1234567890123456],"c":"9007199254740993 \\"9007199254740993\\""}';
  const value = decode(text, true);
  assert.equal(value.a, 9007199254740993n);
  assert.deepEqual(value.b, [-9223372036854775808n, 1e20, 9007199254740991, 0.1234567890123456]);
  assert.equal(value.c, '9007199254740993 "9007199254740993"');
  assert.deepEqual(decode(text, false), JSON.parse(text));
  assert.ok(Object.hasOwn(decode('{"__proto__":9007199254740993}', true), '__proto__'));
});
