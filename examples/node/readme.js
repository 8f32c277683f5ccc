// A program in the style of 2014: what people wrote for the classic `ari-client` package, with only the module's name
// changed. One half of it has callbacks, the other promises that end with done(); both were usual.
//
//     node readme.js [URL]
//
// Whoever calls Stasis(hello) gets a bridge of its own, is greeted there, hears the digits it presses, and goes on in the
// dialplan with `#`.

var util = require('util');
var ari = require('asterisk-ari');

var bridges = {};

ari.connect(process.argv[2] || 'http://localhost:8088', 'hey', 'peekaboo', (err, client) => {
  if (err) {
    throw err;
  }

  client.on('StasisStart', (event, incoming) => {
    console.log(util.format('call of %s', incoming.name));
    incoming.on('ChannelDtmfReceived', keyPressed);

    incoming.answer((err) => {
      if (err) {
        throw err;
      }
      var bridge = client.Bridge();
      bridges[incoming.id] = bridge;
      bridge.create({ type: 'mixing' }, (err, created) => {
        if (err) {
          throw err;
        }
        created.addChannel({ channel: incoming.id }, (err) => {
          if (err) {
            throw err;
          }
          say(created, 'sound:hello-world');
        });
      });
    });
  });

  function keyPressed(event, channel) {
    var bridge = bridges[channel.id];
    if (event.digit !== '#') {
      say(bridge, util.format('sound:digits/%s', event.digit));
      return;
    }
    channel.removeListener('ChannelDtmfReceived', keyPressed);
    bridge
      .destroy()
      .then(() => channel.continueInDialplan())
      .then(() => {
        console.log(util.format('%s goes on', channel.name));
      })
      .done();
  }

  function say(bridge, media) {
    var playback = client.Playback();
    playback.once('PlaybackFinished', (event, finished) => {
      console.log(util.format('%s: %s', finished.media_uri, finished.state));
    });
    bridge.play({ media: media }, playback).done((started) => {
      console.log(util.format('%s on bridge %s', started.media_uri, bridge.id));
    });
  }

  client.start('hello');
});
