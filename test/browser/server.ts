import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve, sep } from 'node:path';

/** What a server sends, by path. */
export type Files = Map<string, string | Uint8Array>;

/** Under these headers a page may share memory between threads. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

export type Read = (url: URL) => string | Uint8Array | undefined;

export interface Server {
  origin: string;
  close(): void;
}

/** Serves pages to this machine, all under the same headers. */
export async function serve(read: Read, headers: Record<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = read(url);
    const type = url.pathname === '/' ? types['.html'] : (types[extname(url.pathname)] ?? 'application/octet-stream');
    const status = body === undefined ? 404 : 200;
    response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An empty page, the bundle, and the files that tests read: those of the project and of the folder of cases beside it. */
export function suiteReader(root: string, bundle: Files): Read {
  const folders = [root, resolve(root, '../shared')].map((folder) => folder + sep);
  return ({ pathname, searchParams }) => {
    if (pathname === '/') return '<!doctype html><title>simdgrad</title>';
    if (pathname !== '/file' && pathname !== '/folder') return bundle.get(pathname);
    const path = resolve(root, searchParams.get('path') ?? '');
    if (!folders.some((folder) => path.startsWith(folder))) return undefined;
    if (pathname === '/folder') return JSON.stringify(existsSync(path) ? readdirSync(path) : []);
    return existsSync(path) ? readFileSync(path) : undefined;
  };
}
