// The few messages of onnx.proto that a graph of nodes, initializers and shapes takes, in protobuf's wire format:
// every field is its number and wire type in one varint, then a varint or a length and so many bytes.

type Attribute = number | readonly number[] | { float: number };

export interface OnnxNode {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes?: Record<string, Attribute>;
}

export interface OnnxValue {
  name: string;
  shape: readonly number[];
}

export type OnnxInitializer = OnnxValue & { values: Float32Array };

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const integer = (field: number, value: number) => Buffer.from([...varint(field * 8), ...varint(value)]);
const bytes = (field: number, value: Uint8Array) =>
  Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(value.length)]), value]);
const text = (field: number, value: string) => bytes(field, Buffer.from(value));
const message = (field: number, ...parts: Uint8Array[]) => bytes(field, Buffer.concat(parts));

const float32 = 1;

function attribute(name: string, value: Attribute): Buffer {
  const type = { float: 1, integer: 2, integers: 7 };
  if (typeof value === 'number') return message(5, text(1, name), integer(3, value), integer(20, type.integer));
  if ('float' in value) {
    const bits = Buffer.alloc(5);
    bits[0] = 2 * 8 + 5;
    bits.writeFloatLE(value.float, 1);
    return message(5, text(1, name), bits, integer(20, type.float));
  }
  return message(5, text(1, name), ...value.map((each) => integer(8, each)), integer(20, type.integers));
}

const node = ({ op, inputs, outputs, attributes = {} }: OnnxNode) =>
  message(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  );

const initializer = ({ name, shape, values }: OnnxInitializer) =>
  message(
    5,
    ...shape.map((size) => integer(1, size)),
    integer(2, float32),
    text(8, name),
    bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );

const dimension = (size: number) => message(1, integer(1, size));
const valueInfo = (field: number, { name, shape }: OnnxValue) =>
  message(field, text(1, name), message(2, message(1, integer(1, float32), message(2, ...shape.map(dimension)))));

/** A model of float32 values, as bytes of a `.onnx` file. */
export function onnxModel(
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxInitializer[],
  inputs: readonly OnnxValue[],
  output: string,
): Uint8Array {
  const irVersion = integer(1, 9);
  const opset = message(8, text(1, ''), integer(2, 20));
  const graph = message(
    7,
    ...nodes.map(node),
    text(2, 'graph'),
    ...initializers.map(initializer),
    ...inputs.map((input) => valueInfo(11, input)),
    message(12, text(1, output), message(2, message(1, integer(1, float32)))),
  );
  return Buffer.concat([irVersion, graph, opset]);
}
