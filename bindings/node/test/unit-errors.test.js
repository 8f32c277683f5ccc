'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { test } = require('node:test');
const ari = require('..');
const { callSite, fromCore, fromThrown } = require('../lib/errors');

const told = {
  class: 'NotFoundException',
  message: 'Channel not found',
  text: '...',
  delivery: 'rejected',
  status: 404,
  body: '{"message":"Channel not found"}',
  operation: 'channels.get',
  method: 'GET',
  path: '/channels/x',
  advice: null,
  code: null,
};

test('errors of the core are of their classes', () => {
  const error = fromCore(JSON.stringify(told));
  assert.ok(
    error instanceof ari.NotFoundException && error instanceof ari.AriException && error instanceof Error,
  );
  assert.equal(error.name, 'NotFoundException');
  assert.equal(String(error), 'NotFoundException: {"message":"Channel not found"}');
  const { status, reason, delivery, operation, method, path, body, advice, code } = error;
  assert.deepEqual(
    {
      class: 'NotFoundException',
      message: reason,
      text: '...',
      delivery,
      status,
      body,
      operation,
      method,
      path,
      advice,
      code,
    },
    told,
  );
  assert.ok(fromCore({ ...told, class: 'UnprocessableException' }) instanceof ari.IllegalInputException);
  assert.ok(fromCore({ ...told, class: 'PreconditionFailedException' }) instanceof ari.IllegalStateException);
  // A newer core may have more classes than this package.
  assert.equal(fromCore({ ...told, class: 'constructor' }).name, 'AriException');
});

test('the message is the body, or what there is instead', () => {
  assert.equal(fromCore({ ...told, body: '' }).message, 'Channel not found');
  assert.equal(fromCore({ ...told, body: '<html>...</html>' }).message, 'Channel not found');
  const late = { ...told, status: null, body: null, message: 'too late', advice: 'needs Asterisk 22' };
  assert.equal(fromCore(late).message, 'too late (needs Asterisk 22)');
  assert.equal(fromCore(late).reason, 'too late');
});

test('the stack is that of the caller', () => {
  function call() {
    return callSite(call);
  }
  const error = fromCore(told, call());
  assert.match(error.stack, /^NotFoundException: .*\n {4}at .*unit-errors\.test\.js/);
  assert.doesNotMatch(inspect(error), /body:/);
});

test('what the addon throws is an error of the family, or stays what it is', () => {
  assert.ok(fromThrown(new Error(JSON.stringify(told))) instanceof ari.NotFoundException);
  const other = new TypeError('7');
  assert.equal(fromThrown(other), other);
});

test('programs may make errors of the family, for their tests', () => {
  const error = new ari.IllegalStateException('busy');
  assert.deepEqual(
    [error.name, error.message, error.status, error.delivery],
    ['IllegalStateException', 'busy', null, null],
  );
});

test('both kinds of modules export the same', async () => {
  const imported = await import('../index.mjs');
  assert.deepEqual(
    Object.keys(imported)
      .filter((name) => name !== 'default')
      .sort(),
    Object.keys(ari).sort(),
  );
  for (const name of Object.keys(ari)) assert.equal(imported[name], ari[name], name);
});
