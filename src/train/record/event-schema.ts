/**
 * @file The messages of TensorBoard's event files that Segkit writes, as a table for protobufjs.
 *
 * Field numbers are those of event.proto and summary.proto, https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto.
 */
import protobuf from "protobufjs";

type FieldTable = { readonly [name: string]: readonly [number: number, type: string, repeated?: "repeated"] };

const messages: { readonly [message: string]: FieldTable } = {
  Image: { height: [1, "int32"], width: [2, "int32"], colorspace: [3, "int32"], encodedImageString: [4, "bytes"] },
  SummaryValue: { tag: [1, "string"], simpleValue: [2, "float"], image: [4, "Image"] },
  Summary: { value: [1, "SummaryValue", "repeated"] },
  SessionLog: { status: [1, "int32"] },
  Event: {
    wallTime: [1, "double"],
    step: [2, "int64"],
    fileVersion: [3, "string"],
    summary: [5, "Summary"],
    sessionLog: [7, "SessionLog"],
  },
};

function build(): protobuf.Type {
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(messages)) {
    const type = new protobuf.Type(name);
    for (const [field, [number, kind, rule]] of Object.entries(fields))
      type.add(new protobuf.Field(field, number, kind, rule));
    root.add(type);
  }
  return root.lookupType("Event");
}

/** The message type of one record of an event file. */
export const eventMessage: protobuf.Type = build();

/** One value of a summary. */
export interface SummaryValue {
  readonly tag: string;
  readonly simpleValue?: number;
  readonly image?: {
    readonly height: number;
    readonly width: number;
    readonly colorspace: number;
    readonly encodedImageString: Uint8Array;
  };
}

/** One record of an event file. */
export interface TensorboardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value: readonly SummaryValue[] };
  /** Status 1 is START: TensorBoard drops what earlier files of the run say about this step and later ones. */
  readonly sessionLog?: { readonly status: number };
}
