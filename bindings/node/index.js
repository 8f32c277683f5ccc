'use strict';

const { connect } = require('./lib/connect');
const { Client } = require('./lib/client');
const { AriPromise } = require('./lib/promise');
const errors = require('./generated/errors');
const objects = require('./generated/objects');
const { version } = require('./package.json');

module.exports = { connect, Client, AriPromise, version, ...errors, ...objects };
