'use strict';
// The addon, or a plain word about why it is not there.

function load() {
  try {
    return require('../native.js');
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    const message = `asterisk-ari: the native part could not be loaded on ${platform}: ${cause.message}. \
In a checkout, \`npm run build\` makes it.`;
    throw new Error(message, { cause });
  }
}

module.exports = load();
