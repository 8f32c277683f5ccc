'use strict';
// A simulator for a test, with the application `hello` as the test wants it.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { Simulator } = require('../testing');

/** A simulator that ends with the test. */
async function simulate(t, options) {
  const sim = await Simulator.start(options);
  t.after(() => sim.close());
  return sim;
}

/** The same with a client of the application `hello`. */
async function connected(t, { options, events = true, ...client } = {}) {
  const sim = await simulate(t, options);
  const ari = await sim.connect(client);
  if (events) await ari.start('hello');
  return { sim, client: ari };
}

/** Runs Node, and gives what it said and how it ended. */
async function node(...given) {
  // What is run is no part of the run of tests that runs it.
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const child = spawn(process.execPath, given, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const ended = once(child, 'close');
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
  }
  const [code, signal] = await ended;
  return { code: code ?? signal, out };
}

module.exports = { connected, node, simulate };
