/**
 * @file The messages of the ONNX file format that Segkit reads and writes, as a table for protobufjs.
 *
 * Field numbers are those of the ONNX specification, https://onnx.ai/onnx/repo-docs/IR.html. Fields that are not listed
 * are skipped when reading.
 */
import protobuf from "protobufjs";

type FieldTable = { readonly [name: string]: readonly [number: number, type: string, repeated?: "repeated"] };

const messages: { readonly [message: string]: FieldTable } = {
  OperatorSetId: { domain: [1, "string"], version: [2, "int64"] },
  Entry: { key: [1, "string"], value: [2, "string"] },
  Dimension: { dimValue: [1, "int64"], dimParam: [2, "string"] },
  TensorShape: { dim: [1, "Dimension", "repeated"] },
  TensorTypeInfo: { elemType: [1, "int32"], shape: [2, "TensorShape"] },
  TypeInfo: { tensorType: [1, "TensorTypeInfo"] },
  ValueInfo: { name: [1, "string"], type: [2, "TypeInfo"], docString: [3, "string"] },
  Tensor: {
    dims: [1, "int64", "repeated"],
    dataType: [2, "int32"],
    floatData: [4, "float", "repeated"],
    int32Data: [5, "int32", "repeated"],
    int64Data: [7, "int64", "repeated"],
    name: [8, "string"],
    rawData: [9, "bytes"],
    doubleData: [10, "double", "repeated"],
    externalData: [13, "Entry", "repeated"],
    dataLocation: [14, "int32"],
  },
  Attribute: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "Tensor"],
    g: [6, "Graph"],
    floats: [7, "float", "repeated"],
    ints: [8, "int64", "repeated"],
    strings: [9, "bytes", "repeated"],
    type: [20, "int32"],
  },
  Node: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "Attribute", "repeated"],
    docString: [6, "string"],
    domain: [7, "string"],
  },
  Graph: {
    node: [1, "Node", "repeated"],
    name: [2, "string"],
    initializer: [5, "Tensor", "repeated"],
    docString: [10, "string"],
    input: [11, "ValueInfo", "repeated"],
    output: [12, "ValueInfo", "repeated"],
    valueInfo: [13, "ValueInfo", "repeated"],
  },
  Model: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    producerVersion: [3, "string"],
    domain: [4, "string"],
    modelVersion: [5, "int64"],
    docString: [6, "string"],
    graph: [7, "Graph"],
    opsetImport: [8, "OperatorSetId", "repeated"],
    metadataProps: [14, "Entry", "repeated"],
  },
};

const packable = new Set(["int64", "int32", "float", "double"]);

function build(): protobuf.Type {
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(messages)) {
    const type = new protobuf.Type(name);
    for (const [field, [number, kind, rule]] of Object.entries(fields))
      type.add(
        new protobuf.Field(
          field,
          number,
          kind,
          rule,
          undefined,
          rule && packable.has(kind) ? { packed: true } : undefined,
        ),
      );
    root.add(type);
  }
  return root.lookupType("Model");
}

/** The message type of a whole ONNX file. */
export const modelMessage: protobuf.Type = build();
