'use strict';

const { named } = require('./testing-control');

/** A call from the side of the telephone: somebody who calls, or is called. */
class Call {
  #control;
  #path;

  constructor(control, { id, name }) {
    this.id = id;
    this.name = name;
    this.#control = control;
    this.#path = `calls/${encodeURIComponent(id)}`;
  }

  #do(what, fixed, options) {
    return this.#control.send('POST', `${this.#path}/${what}`, fixed, options, () => undefined);
  }

  #expect(fixed, options) {
    return this.#control.send('POST', `${this.#path}/expect`, fixed, options, named);
  }

  state() {
    return this.#control.send('GET', this.#path, undefined, undefined, named);
  }

  press(keys, options) {
    return this.#do('press', { keys: String(keys) }, options);
  }

  hangUp(cause) {
    return this.#do('hangup', { cause });
  }

  answer() {
    return this.#do('answer');
  }

  ring() {
    return this.#do('ring');
  }

  reject(cause) {
    return this.#do('reject', { cause });
  }

  hold(musicClass) {
    return this.#do('hold', { music_class: musicClass });
  }

  unhold() {
    return this.#do('unhold');
  }

  talk(seconds) {
    return this.#do('talk', { seconds });
  }

  expect(state) {
    const { bridge, ...others } = state ?? {};
    return this.#expect({ bridge: idOf(bridge) }, others);
  }

  expectHeard(media, options) {
    return this.#expect({ heard: media }, options);
  }

  expectPlaying(media, options) {
    return this.#expect({ playing: media }, options);
  }

  expectState(state, options) {
    return this.#expect({ state }, options);
  }

  expectHungUp(options) {
    return this.#expect({ hung_up: true }, options);
  }

  expectBridged(bridge = true, options = undefined) {
    return this.#expect({ bridge: idOf(bridge) }, options);
  }
}

/** An instance stands for its id. */
function idOf(bridge) {
  return bridge?.id ?? bridge;
}

module.exports = { Call };
