// test/support/files.ts for a browser: what that one reads from the disk, the server of test/browser/server.ts sends.

async function fetched(what: 'file' | 'folder', path: string): Promise<Response> {
  const response = await fetch(`/${what}?${new URLSearchParams({ path })}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}

export const readBytes = async (path: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await fetched('file', path)).arrayBuffer());

export const readText = async (path: string): Promise<string> => (await fetched('file', path)).text();

export const listFiles = async (folder: string): Promise<string[]> => (await fetched('folder', folder)).json();
