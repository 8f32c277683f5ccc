'use strict';

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

test('the conformance table', () => {
  const runner = path.join(__dirname, 'conformance.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [runner], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.strictEqual(status, 0, stdout + stderr);
  assert.match(stdout, /^conformance: javascript (\d+) of \1$/m);
  assert.match(stdout, /^conformance: javascript-callbacks (\d+) of \1$/m);
  console.log(stdout.trim());
});
