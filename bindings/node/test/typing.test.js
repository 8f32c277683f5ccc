'use strict';
// The declarations of types, as a program sees them that has the package installed, in every kind of module.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const home = path.join(__dirname, '..');
const samples = path.join(__dirname, 'typing');
const compiler = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ari-types-'));
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(modules);
  fs.symlinkSync(home, path.join(modules, 'asterisk-ari'), 'junction');
  fs.symlinkSync(path.join(home, 'node_modules', '@types'), path.join(modules, '@types'), 'junction');
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Compiles the samples under this extension, and gives the errors as `file line code`; other output as it is. */
function compile(extension, options) {
  const names = ['good', 'bad'].map((name) => {
    fs.copyFileSync(path.join(samples, `${name}.ts`), path.join(folder, `${name}.${extension}`));
    return `${name}.${extension}`;
  });
  const common = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--pretty', 'false'];
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, ...common, ...options, ...names], {
    cwd: folder,
    encoding: 'utf8',
  });
  const output = stdout + stderr;
  // What explains an error is indented.
  const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
  const errors = lines.map((line) => {
    const [, name, at, code] = /^(\w+)\.\w+\((\d+),\d+\): error (TS\d+):/.exec(line) ?? [];
    return name === undefined ? line : `${name} ${at} ${code}`;
  });
  return { errors, output };
}

/** The errors that the wrong sample says it has. */
function expected() {
  const lines = fs.readFileSync(path.join(samples, 'bad.ts'), 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const code = /\/\/ expect: (TS\d+)$/.exec(line)?.[1];
    return code === undefined ? [] : [`bad ${index + 1} ${code}`];
  });
}

const kinds = [
  ['CommonJS', 'cts', ['--module', 'node16']],
  ['an ES module', 'mts', ['--module', 'node16']],
  ['a bundler', 'ts', ['--module', 'esnext', '--moduleResolution', 'bundler']],
];

for (const [kind, extension, options] of kinds) {
  test(`in ${kind} what is right compiles, and of what is wrong each line is refused`, () => {
    const { errors, output } = compile(extension, options);
    assert.ok(expected().length > 40);
    assert.deepEqual(errors, expected(), output);
  });
}
