import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

// Files that tests read, by their paths from the project's folder. In a browser test/browser/files.ts stands in for this.

export const readBytes = async (path: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await readFile(urlOf(path)));

export const readText = (path: string): Promise<string> => readFile(urlOf(path), 'utf8');

/** The names of what is in a folder; none where there is no such folder. */
export const listFiles = async (folder: string): Promise<string[]> =>
  existsSync(urlOf(folder)) ? readdir(urlOf(folder)) : [];

const urlOf = (path: string) => new URL(`../../${path}`, import.meta.url);
