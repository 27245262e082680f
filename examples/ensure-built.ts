// Loaded before the example (`node --import`): the example imports the package by its name, which is dist/.
// `npm ci` has built that already; this is for a checkout whose dist/ was removed since.
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (!existsSync(new URL('../dist/index.js', import.meta.url))) {
  // Standard output stays clean for --json.
  execSync('npm run build', { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
}
