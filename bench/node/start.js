// start.js CLIENT URL: time until the library is there, and until the client is connected; memory then.

const { PASSWORD, USERNAME, load, report } = require('./shared');

const [client, url] = process.argv.slice(2);

const steps = {
  ari: [() => load('asterisk-ari'), (library) => library.connect(url, USERNAME, PASSWORD)],
  'ari-client': [() => load('ari-client'), (library) => library.connect(url, USERNAME, PASSWORD)],
  // Knows that somebody is there when it has an answer.
  ipcom: [
    () => load('@ipcom/asterisk-ari'),
    ({ AriClient }) => {
      const { hostname, port } = new URL(url);
      const made = new AriClient({
        host: hostname,
        port: Number(port),
        username: USERNAME,
        password: PASSWORD,
      });
      return made.asterisk.getInfo();
    },
  ],
};

async function main() {
  const [importing, connecting] = steps[client];
  const begin = performance.now();
  const library = importing();
  const imported = performance.now();
  await connecting(library);
  const connected = performance.now();
  report({
    import: (imported - begin) / 1000,
    connect: (connected - imported) / 1000,
    rss: process.memoryUsage.rss(),
  });
}

main();
