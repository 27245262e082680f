// Builds the wasm variants of asconfig.json, checks what the house promises of them, and writes src/wasm/:
// one module per variant with the bytes as text (so that bundlers need no asset rule) and the TypeScript types of the
// exports, taken from the compiler's own declarations.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { arranged } from './arrange.mjs';
import { rewriteFunctions } from './functions.mjs';
import { hoistConstants } from './hoist.mjs';
import { numberLocals } from './number-locals.mjs';
import { tabulate } from './tabulate.mjs';

const root = new URL('../', import.meta.url);
const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
// An absolute path, because asc looks up a transform relative to the folder it finds the configuration in.
const config = fileURLToPath(new URL('asconfig.json', root));
const { targets } = JSON.parse(readFileSync(config, 'utf8'));
const generated = '// Written by assembly/build.mjs; not under version control.\n';

mkdirSync(new URL('build/', root), { recursive: true });
mkdirSync(new URL('src/wasm/', root), { recursive: true });

for (const target of Object.keys(targets)) {
  execFileSync(process.execPath, [asc, '--config', config, '--target', target], { cwd: root, stdio: 'inherit' });
  const wasm = new URL(`build/${target}.wasm`, root);
  const module = smallest(tabulate(readFileSync(wasm)));
  const bytes = module.emitBinary();
  writeFileSync(wasm, bytes);
  writeFileSync(new URL(`build/${target}.wat`, root), module.emitText());
  refuseStaticData(target, bytes);
  writeFileSync(new URL(`src/wasm/${target}.ts`, root), generated + embedded(bytes));
  console.log(`${target}: ${(bytes.length / 1024).toFixed(1)} KB`);
}
writeFileSync(new URL('src/wasm/exports.ts', root), generated + kernelInterface());
const worker = readFileSync(new URL('src/core/worker.js', root), 'utf8');
writeFileSync(new URL('src/wasm/worker.ts', root), `${generated}export const source = ${JSON.stringify(worker)};\n`);

/** The module that compresses best of those whose functions are arranged in several ways (measured: up to half a kilobyte). */
function smallest(bytes) {
  const modules = [4, 6, 7, 8].map((length) => {
    const module = rewriteFunctions(bytes, (functions) =>
      arranged(functions.map(hoistConstants).map(numberLocals), length),
    );
    return { module, size: deflateSync(module.emitBinary(), { level: 9 }).length };
  });
  return modules.reduce((least, other) => (other.size < least.size ? other : least)).module;
}

/** A data segment would be rewritten into the shared memory by every instance, on top of live tensors. */
function refuseStaticData(target, bytes) {
  const dataSection = 11;
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
      byte = bytes[at++];
      size |= (byte & 0x7f) << shift;
    }
    if (id === dataSection)
      throw new Error(`${target}.wasm has static data: a kernel allocates or holds a constant array`);
    at += size;
  }
}

/** Base64 of the deflated module: a server that compresses it again sends as much as of the wasm file, and not 1.7 times that. */
function embedded(bytes) {
  const base64 = deflateSync(bytes, { level: 9 }).toString('base64');
  return `export const size = ${bytes.length};\nexport const base64 =\n  '${base64}';\n`;
}

/** The function exports of the compiler's declaration file as one interface. */
function kernelInterface() {
  const declarations = readFileSync(new URL('build/plain.d.ts', root), 'utf8');
  const functions = [...declarations.matchAll(/export function (\w+)\((.*?)\): (\w+);/g)];
  const members = functions.map(([, name, parameters, result]) => `  ${name}(${parameters}): ${result};`);
  return `export interface KernelExports {\n${members.join('\n')}\n}\n`;
}
