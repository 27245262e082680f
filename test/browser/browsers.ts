import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, firefox } from 'playwright-core';

export const browserNames = ['chromium', 'firefox'] as const;
export type BrowserName = (typeof browserNames)[number];

const programs: Record<BrowserName, string[]> = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  firefox: ['firefox-esr', 'firefox'],
};

/** Starts a browser that is installed on this machine, without a window. */
export function launch(name: BrowserName): Promise<Browser> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = programs[name].flatMap((program) => folders.map((folder) => join(folder, program)));
  const executablePath = paths.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`${name}: none of ${programs[name].join(', ')} is on the PATH`);
  // Firefox as it is installed, by WebDriver BiDi; without the channel Playwright wants a build of its own.
  if (name === 'firefox') return firefox.launch({ executablePath, channel: 'moz-firefox' });
  const isRoot = process.getuid?.() === 0;
  // Chromium refuses to sandbox for root. A test wants the garbage collector at its call.
  return chromium.launch({ executablePath, args: ['--js-flags=--expose-gc', ...(isRoot ? ['--no-sandbox'] : [])] });
}
