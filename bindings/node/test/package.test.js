'use strict';
// The package as others get it: packed, installed into an empty project without a network, used from there.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { promisify } = require('node:util');

const PACKAGE = path.join(__dirname, '..');
const MODULES = path.join(PACKAGE, 'node_modules');
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const timeout = 120_000;

const run = promisify(execFile);

let project;
let packed;
let server;
let url;

before(async () => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'asterisk-ari-'));
  // Without the scripts, which would build the addon anew: the one that is there is what is tested.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
  const { stdout } = await run(NPM, pack, { cwd: PACKAGE, encoding: 'utf8' });
  [packed] = JSON.parse(stdout);
  fs.writeFileSync(path.join(project, 'package.json'), '{ "private": true }');
  const install = ['install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`];
  await run(NPM, install, { cwd: project });

  server = http.createServer((request, response) => {
    const answer = request.url.startsWith('/ari/asterisk/info')
      ? { system: { version: '22.10.1' } }
      : [{ id: 'c1' }];
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server?.close();
  server?.closeAllConnections?.();
  fs.rmSync(project, { recursive: true });
});

test('what is in it', () => {
  const files = packed.files.map((file) => file.path);
  for (const needed of [
    'index.js',
    'index.mjs',
    'index.d.ts',
    'index.d.mts',
    'testing.js',
    'testing.mjs',
    'testing.d.ts',
    'testing.d.mts',
    'native.js',
    'README.md',
    'package.json',
  ]) {
    assert.ok(files.includes(needed), needed);
  }
  assert.ok(
    files.some((file) => /^asterisk-ari\.[\w-]+\.node$/.test(file)),
    'the addon',
  );
  const others =
    /^(index\.|testing\.|native\.|lib\/|generated\/|README\.md$|package\.json$|LICENSE|asterisk-ari\.[\w-]+\.node$)/;
  assert.deepStrictEqual(
    files.filter((file) => !others.test(file)),
    [],
  );
});

test('it brings no other packages', () => {
  assert.deepStrictEqual(
    fs.readdirSync(path.join(project, 'node_modules')).filter((name) => name[0] !== '.'),
    ['asterisk-ari'],
  );
});

for (const [name, head] of [
  ['program.cjs', `const ari = require('asterisk-ari');`],
  ['default.mjs', `import ari from 'asterisk-ari';`],
  ['all.mjs', `import * as ari from 'asterisk-ari';`],
]) {
  test(`${head} makes a call`, { timeout }, async () => {
    const body = `
      ari.connect(process.argv[2], 'user', 'password').then(async (client) => {
        const [channel] = await client.channels.list();
        console.log(channel.id, typeof ari.NotFoundException);
      });`;
    fs.writeFileSync(path.join(project, name), head + body);
    const { stdout, stderr } = await run(process.execPath, [name, url], { cwd: project });
    assert.deepStrictEqual([stdout, stderr], ['c1 function\n', '']);
  });
}

test('both kinds of import give the same classes', { timeout }, async () => {
  const source = `
    import { createRequire } from 'node:module';
    import ari, { AriException, connect } from 'asterisk-ari';
    import { ExpectationError, Simulator } from 'asterisk-ari/testing';
    const required = createRequire(import.meta.url)('asterisk-ari');
    const testing = createRequire(import.meta.url)('asterisk-ari/testing');
    console.log(required.AriException === AriException, required.connect === connect, ari.connect === connect);
    console.log(testing.Simulator === Simulator, testing.ExpectationError === ExpectationError);
    const sim = await Simulator.start();
    console.log(new URL(sim.url).hostname);
    await sim.close();
    console.log(createRequire(import.meta.url)('asterisk-ari/package.json').name);`;
  fs.writeFileSync(path.join(project, 'same.mjs'), source);
  const { stdout } = await run(process.execPath, ['same.mjs'], { cwd: project });
  assert.strictEqual(stdout, 'true true true\ntrue true\n127.0.0.1\nasterisk-ari\n');
});

const TYPED = `
const connected = ari.connect('http://localhost:8088', 'hey', 'peekaboo');
connected.then((client) => client.on('StasisStart', (event, channel) => channel.play({ media: event.args })));
`;

test('TypeScript, strict, with both kinds of import', { timeout }, async () => {
  const heads = { mts: `import * as ari from 'asterisk-ari';`, cts: `import ari = require('asterisk-ari');` };
  const names = [];
  for (const [kind, head] of Object.entries(heads)) {
    names.push(`right.${kind}`, `wrong.${kind}`);
    fs.writeFileSync(path.join(project, `right.${kind}`), head + TYPED);
    fs.writeFileSync(path.join(project, `wrong.${kind}`), head + TYPED.replace('media:', 'medium:'));
  }
  // Only Node's own types come from outside the project.
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  const tsc = [
    path.join(MODULES, 'typescript/bin/tsc'),
    ...options,
    '--typeRoots',
    path.join(MODULES, '@types'),
  ];
  const checked = await run(process.execPath, [...tsc, ...names], { cwd: project }).catch((error) => error);
  const errors = checked.stdout
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith(' '));
  assert.deepStrictEqual(
    errors.map((line) => line.split('(')[0]).sort(),
    ['wrong.cts', 'wrong.mts'],
    checked.stdout,
  );
  assert.match(checked.stdout, /medium/);
});
