/** @file The zoo's benchmark: training step and forward pass of representative networks, against torchvision where it has them. */
import { type BenchCase, benchCase, median, numberAfter, peer, type Sample, sampleOf } from "./measure.js";

interface ZooCase {
  readonly model: string;
  readonly options?: { readonly [name: string]: unknown };
  readonly batch: number;
  readonly size: number;
  readonly classes?: number;
  /** Name in the peer's script. */
  readonly torch?: string;
}

/** Ten kinds of networks: dilated and pyramid, encoder-decoder, dense, small, unpooling, transformer. */
const zoo: readonly ZooCase[] = [
  {
    model: "deeplabv3-torchvision",
    options: { encoder: "resnet50", aux: false },
    batch: 2,
    size: 224,
    torch: "deeplabv3_resnet50",
  },
  { model: "fcn-resnet", options: { encoder: "resnet50", aux: false }, batch: 2, size: 224, torch: "fcn_resnet50" },
  { model: "lraspp", batch: 2, size: 224, torch: "lraspp_mobilenet_v3_large" },
  { model: "unet-contest", batch: 2, size: 224, classes: 2, torch: "contest_unet" },
  { model: "unet-encoder", options: { encoder: "resnet34" }, batch: 2, size: 224 },
  { model: "pspnet", options: { encoder: "resnet50" }, batch: 2, size: 224 },
  { model: "enet", batch: 2, size: 224 },
  { model: "erfnet", batch: 2, size: 224 },
  { model: "segnet", batch: 2, size: 224 },
  { model: "fc-densenet", options: { variant: 56 }, batch: 2, size: 224 },
  { model: "segformer", batch: 2, size: 224 },
];

const title = ({ model, options, batch, size }: ZooCase): string =>
  `${model}${options?.encoder ? ` ${options.encoder}` : ""}${options?.variant ? options.variant : ""}, batch ${batch}, 3x${size}x${size}`;

/** Ours and torchvision's in turn, `rounds` times; the peer times step and forward pass in one process. */
export function zooRounds(rounds: number, threads: number, only: string | undefined): BenchCase[] {
  return zoo
    .filter(({ model }) => only === undefined || model.startsWith(only))
    .flatMap((one) => {
      const steps: Sample[] = [];
      const forwards: Sample[] = [];
      const theirs: { step: number; forward: number; peak: number }[] = [];
      const ceilings: number[] = [];
      const given = [threads, one.model, one.batch, one.size, one.classes ?? 21, JSON.stringify(one.options ?? {})];
      for (let round = 0; round < rounds; round++) {
        const ceiling = sampleOf("ceiling", threads);
        ceilings.push(ceiling.flops / median(ceiling.times) / 1e6);
        steps.push(sampleOf("step", ...given));
        forwards.push(sampleOf("forward", ...given));
        const output = one.torch && peer("torch_zoo.py", threads, one.torch, one.batch, one.size);
        if (output)
          theirs.push({
            step: numberAfter(output, "step"),
            forward: numberAfter(output, "forward"),
            peak: numberAfter(output, "peak"),
          });
      }
      const ceiling = median(ceilings);
      const cases = (name: string, samples: Sample[], pick: (peer: (typeof theirs)[number]) => number): BenchCase[] => [
        benchCase(name, samples, ceiling),
        ...(theirs.length > 0
          ? [
              benchCase(
                `${name} (PyTorch)`,
                theirs.map((peerSample) => ({
                  times: [pick(peerSample)],
                  flops: samples[0]!.flops,
                  peakMB: peerSample.peak,
                })),
                ceiling,
              ),
            ]
          : []),
      ];
      return [
        ...cases(`step: ${title(one)}`, steps, ({ step }) => step),
        ...cases(`forward: ${title(one)}`, forwards, ({ forward }) => forward),
      ];
    });
}
