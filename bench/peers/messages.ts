import type { Readable, Writable } from 'node:stream';

/** Messages over a pair of pipes: a line of JSON, then bytes whose number it tells. */
export class Messages {
  private readonly output: Writable;
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer[] = [];

  constructor(input: Readable, output: Writable) {
    this.output = output;
    this.chunks = input[Symbol.asyncIterator]();
    // A process that ends before it has read everything is noticed where its answer is missing.
    output.on('error', () => {});
  }

  write(line: object, payload: readonly Uint8Array[] = []): void {
    this.output.write(`${JSON.stringify(line)}\n`);
    for (const bytes of payload) this.output.write(bytes);
  }

  /** What the next line says; undefined at the end. */
  async readLine(): Promise<unknown> {
    for (;;) {
      const rest = Buffer.concat(this.rest);
      this.rest = [rest];
      const end = rest.indexOf('\n');
      if (end >= 0) {
        this.rest = [rest.subarray(end + 1)];
        return JSON.parse(rest.toString('utf8', 0, end));
      }
      if (!(await this.more())) return undefined;
    }
  }

  async readBytes(count: number): Promise<ArrayBuffer> {
    let held = this.rest.reduce((sum, { length }) => sum + length, 0);
    while (held < count) {
      if (!(await this.more())) throw new Error(`${held} bytes of ${count}, then the end`);
      held += this.rest[this.rest.length - 1].length;
    }
    const rest = Buffer.concat(this.rest);
    this.rest = [rest.subarray(count)];
    return new Uint8Array(rest.subarray(0, count)).buffer;
  }

  private async more(): Promise<boolean> {
    const { value, done } = await this.chunks.next();
    if (!done) this.rest.push(value);
    return !done;
  }
}
