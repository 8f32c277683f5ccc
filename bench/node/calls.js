// calls.js CLIENT SCENARIO URL COUNT: how fast a client calls operations. SCENARIO: small-1, small-50, list-1, list-50.

const http = require('node:http');
const { PASSWORD, USERNAME, load, now, report } = require('./shared');

const WARM_UP = 20;

const [name, scenario, url, given] = process.argv.slice(2);
const [what, workers] = scenario.split('-');
const PATHS = { small: '/ari/asterisk/info?only=system', list: '/ari/channels' };
const path = PATHS[what];
const headers = { authorization: `Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}` };

const methods = {
  small: (client) => () => client.asterisk.getInfo({ only: 'system' }),
  list: (client) => () => client.channels.list(),
};

/** Each gives a function that makes one call. */
const clients = {
  async ari() {
    return methods[what](await load('asterisk-ari').connect(url, USERNAME, PASSWORD));
  },
  async 'ari-client'() {
    return methods[what](await load('ari-client').connect(url, USERNAME, PASSWORD));
  },
  undici() {
    const { Pool } = load('undici');
    const pool = new Pool(url, { connections: 50 });
    return async () => {
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
      if (statusCode >= 400) throw new Error(await body.text());
      return body.json();
    };
  },
  fetch() {
    return async () => {
      const response = await fetch(url + path, { headers });
      if (!response.ok) throw new Error(await response.text());
      return response.json();
    };
  },
  'http.Agent'() {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
    const { hostname, port } = new URL(url);
    const options = { agent, hostname, port, path, headers };
    return () =>
      new Promise((resolve, reject) => {
        const request = http.get(options, (response) => {
          response.setEncoding('utf8');
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => {
            if (response.statusCode >= 400) reject(new Error(text));
            else resolve(JSON.parse(text));
          });
          response.on('error', reject);
        });
        request.on('error', reject);
      });
  },
};

async function run(call, count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: Number(workers) }, worker));
}

async function main() {
  const call = await clients[name]();
  await run(call, WARM_UP);
  const start = now();
  await run(call, Number(given));
  const end = now();
  report({ calls: Number(given), seconds: end.wall - start.wall, cpu: end.cpu - start.cpu });
}

main();
