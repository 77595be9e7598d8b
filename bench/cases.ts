/** @file The benchmarks by name: what each runs, and what a user would pick instead. */
import { availableParallelism } from "node:os";
import { type BenchCase, benchCase, median, numberAfter, peer, type Sample, sampleOf } from "./measure.js";
import { zooRounds } from "./zoo.js";

export interface Benchmark {
  readonly title: string;
  /** Runs everything in turn and gives the cases, peers behind ours. */
  run(rounds: number, only?: string): BenchCase[];
}

const threads = Math.min(2, availableParallelism());

interface UnetCase {
  readonly name: string;
  readonly batch: number;
  readonly size: number;
  readonly width: number;
}

/** A peer's figure as a sample; PyTorch prints its own median. */
interface PeerSample extends Sample {
  readonly forwardMs: number;
}

function torchSample(output: string, flops: number): PeerSample {
  return {
    times: [numberAfter(output, "torch median step ms")],
    flops,
    peakMB: numberAfter(output, "rss MB"),
    forwardMs: numberAfter(output, "torch infer ms"),
  };
}

/** Ours and PyTorch's U-Net in turn, `rounds` times, so that a busy minute hits both. */
function unetRounds(
  script: string,
  { name, batch, size, width }: UnetCase,
  rounds: number,
  pick: (peer: PeerSample) => number,
): BenchCase[] {
  const [ours, theirs, ceilings]: [Sample[], Sample[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const ceiling = sampleOf("ceiling", threads);
    ceilings.push(ceiling.flops / median(ceiling.times) / 1e6);
    const options = JSON.stringify({ width, upBias: false, headBias: false });
    ours.push(sampleOf(script, threads, "unet", batch, size, 12, options));
    const output = peer("torch_unet.py", threads, batch, size, width);
    if (output === undefined) continue;
    const sample = torchSample(output, ours[0]!.flops);
    theirs.push({ ...sample, times: [pick(sample)] });
  }
  const ceiling = median(ceilings);
  return [
    benchCase(name, ours, ceiling),
    ...(theirs.length > 0 ? [benchCase(`${name} (PyTorch)`, theirs, ceiling)] : []),
  ];
}

const unets: readonly UnetCase[] = [
  { name: "U-Net width 32, batch 4, 3x128x128", batch: 4, size: 128, width: 32 },
  { name: "U-Net width 64, batch 2, 3x224x224", batch: 2, size: 224, width: 64 },
];

function loader(rounds: number): BenchCase[] {
  const samples = Array.from({ length: rounds }, () => sampleOf("loader-wait", threads));
  return [
    benchCase("loader, CamVid 360x480, share of training time spent waiting (%)", samples, Number.POSITIVE_INFINITY),
  ];
}

export const benchmarks: { readonly [name: string]: Benchmark } = {
  "train-step": {
    title: "one training step of the plain U-Net, 12 classes, SGD with momentum",
    run: (rounds) => unets.flatMap((unet) => unetRounds("step", unet, rounds, ({ times }) => times[0]!)),
  },
  forward: {
    title: "one forward pass of the plain U-Net as it is exported",
    run: (rounds) => unets.flatMap((unet) => unetRounds("forward", unet, rounds, ({ forwardMs }) => forwardMs)),
  },
  zoo: {
    title: "training step (SGD with momentum) and forward pass of networks of every kind; --only NAME takes one",
    run: (rounds, only) => zooRounds(rounds, threads, only),
  },
  loader: {
    title: "how much of training is waiting for data, U-Net width 16 at 360x480 (milliseconds are percent)",
    run: loader,
  },
};
