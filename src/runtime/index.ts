/** @file ONNX Runtime: devices, sessions here or in a thread of their own, tensors. */
export { channelBlock } from "./blocked-layout.js";
export { type Device, type DeviceName, deviceNames, openDevice } from "./devices.js";
export { SessionHost } from "./host.js";
export type { LoadRequest } from "./host-messages.js";
export type { PackMember } from "./kept-tensors.js";
export { type ExecutionProvider, Session, type SessionOptions, type Tensors } from "./session.js";
export { elementCount, float32, int32, type Tensor } from "./tensor.js";
