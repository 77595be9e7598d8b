/** @file KeptTensors: the tensors that a session host keeps between runs, some of them packed end to end into one. */
import { elementCount, type Tensor } from "./tensor.js";

/** A tensor's place in a pack: float32 elements from `offset` on. */
export interface PackMember {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

export class KeptTensors {
  private readonly tensors = new Map<string, Tensor>();
  /** The pack that each member is in. */
  private readonly places = new Map<string, PackMember & { readonly pack: string }>();

  /** From now on the members are parts of the tensor called `pack` [n]: with the numbers that they had, zeros where they had none. */
  pack(pack: string, members: readonly PackMember[]): void {
    if (this.tensors.has(pack)) return;
    const size = members.reduce((most, { shape, offset }) => Math.max(most, offset + elementCount(shape)), 0);
    this.tensors.set(pack, { dtype: "float32", shape: [size], data: new Float32Array(size) });
    for (const member of members) {
      const before = this.tensors.get(member.name);
      this.tensors.delete(member.name);
      this.places.set(member.name, { ...member, pack });
      if (before) this.set(member.name, before);
    }
  }

  /** The tensor of a name; that of a member is a window on its pack. */
  get(name: string): Tensor | undefined {
    const place = this.places.get(name);
    if (!place) return this.tensors.get(name);
    const { pack, shape, offset } = place;
    const data = this.tensors.get(pack)!.data as Float32Array;
    return { dtype: "float32", shape, data: data.subarray(offset, offset + elementCount(shape)) };
  }

  /** The tensor of a name to be sent to another thread: a window would take all of its pack along. */
  toSend(name: string): Tensor {
    const tensor = this.get(name)!;
    return this.places.has(name) ? { ...tensor, data: (tensor.data as Float32Array).slice() } : tensor;
  }

  set(name: string, tensor: Tensor): void {
    if (this.places.has(name)) (this.get(name)!.data as Float32Array).set(tensor.data as Float32Array);
    else this.tensors.set(name, tensor);
  }
}
