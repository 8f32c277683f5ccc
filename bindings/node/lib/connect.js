'use strict';

const { AriException, ConnectionException, TimeoutException } = require('../generated/errors');
const { signalOf } = require('./abort');
const { CORE, ask } = require('./call');
const { Client } = require('./client');
const { callSite, fromThrown, refusal, setName, withStack } = require('./errors');
const native = require('./native');
const { camel, readOptions } = require('./options');
const { port } = require('./port');
const { AriPromise, checkCallback, settle } = require('./promise');

/**
 * Connects to the ARI of an Asterisk: asks the server who it is.
 *
 * @param {string | URL} url address of the server, with the prefix of http.conf if it has one
 * @param {string} username
 * @param {string} password
 * @param {object | Function} [options]
 * @param {(error: Error | null, client: Client) => void} [callback]
 * @returns {AriPromise<Client>}
 */
function connect(url, username, password, options, callback) {
  const site = callSite(connect);
  const told = typeof options === 'function' ? options : callback;
  const given = typeof options === 'function' ? undefined : options;
  let promise;
  try {
    checkCallback(told, 'connect', site);
    promise = begin(url, username, password, given ?? {}, site);
  } catch (error) {
    promise = AriPromise.reject(error);
  }
  return settle(promise, typeof told === 'function' ? told : undefined);
}

function begin(url, username, password, options, site) {
  const texts = {
    url: url instanceof URL ? url.href : url,
    username: username ?? '',
    password: password ?? '',
  };
  for (const [name, value] of Object.entries(texts)) {
    if (typeof value !== 'string') throw refusal(`the ${name} has to be a string`, undefined, site);
  }
  let settings;
  let client;
  try {
    settings = readOptions(options, site);
    client = new Client(
      new native.Client(port, texts.url, texts.username, texts.password, settings.text),
      settings,
    );
  } catch (thrown) {
    const error = fromThrown(thrown, site);
    if (!(error instanceof AriException)) throw error;
    error.message = camel(error.message);
    error.reason = camel(error.reason);
    throw withStack(error, site);
  }
  const signal = signalOf(options.signal, 'connect', site);
  const core = client[CORE];
  const answer = ask(
    core,
    'connect',
    (ticket) => core.native.probe(ticket),
    (value) => value,
    signal,
    site,
  );
  return new AriPromise((resolve, reject) => {
    AriPromise.observe(
      answer,
      () => resolve(client),
      (error) => {
        nameUnreachable(error, site);
        client.emit('APILoadError', error);
        reject(error);
      },
    );
  });
}

/** Programs ask for this name when nobody is there. */
function nameUnreachable(error, site) {
  const late = error instanceof TimeoutException;
  if (!late && !(error instanceof ConnectionException && error.delivery === 'not sent')) return;
  setName(error, 'HostIsNotReachable');
  if (late) error.code ??= 'ETIMEDOUT';
  withStack(error, site);
}

module.exports = { connect };
