/**
 * @file What a user may ask of a run: one schema, from which the type, configuration files and `--set` follow. Everything that
 * is left out is derived from the data.
 */
import { z } from "zod";
import { mixKinds } from "../data/batch-mix.js";
import { samplingRules } from "../data/sampling.js";
import { clippingSchema } from "../optim/index.js";

/** What is not trained: nothing, the encoder, or the layers up to its Nth feature map. */
export const freezeSchema = z
  .string()
  .regex(/^(?:none|encoder|stages:[1-9]\d?)$/, { error: "expected none, encoder or stages:N" });

/** Which BatchNorm layers keep their running statistics while training. */
export const frozenNormSchema = z.enum(["none", "frozen", "encoder", "all"]);

const options = z.record(z.string(), z.unknown());

/** The options of a run, without where its data and its folder are. */
export const planRequestSchema = z.strictObject({
  model: z.string().optional().describe("network; segkit models lists them"),
  encoder: z.string().optional().describe("backbone, for networks that take one"),
  weights: z
    .string()
    .min(1)
    .optional()
    .describe("weights to start from: a file, https://..., hf:OWNER/NAME, imagenet, or imagenet:ENCODER"),
  partialWeights: z.boolean().optional().describe("takes what fits of these weights and leaves the rest at random"),
  freeze: freezeSchema.optional().describe("what is not trained: none, encoder, or stages:N for its first N stages"),
  frozenNorm: frozenNormSchema
    .optional()
    .describe("BatchNorm layers that keep their running statistics: none, frozen (those not trained), encoder, all"),
  set: options.optional().describe("options of the network, e.g. width: 16"),
  size: z
    .tuple([z.int().min(1), z.int().min(1)])
    .readonly()
    .optional()
    .describe("height and width that images are brought to"),
  inputRule: z
    .enum(["resize", "tiles"])
    .optional()
    .describe("whether images are brought to the size, or cropped and predicted by tiles"),
  batch: z.int().min(1).optional().describe("images in a batch"),
  accumulate: z.int().min(1).optional().describe("batches whose gradients make one update"),
  epochs: z.number().positive().optional().describe("length in passes over the images"),
  steps: z.int().min(1).optional().describe("length in updates"),
  minutes: z.number().positive().optional().describe("length in minutes"),
  horizon: z
    .number()
    .positive()
    .optional()
    .describe("length, in the same unit, that the schedule is laid out for when the run is only the beginning of it"),
  optimizer: z.string().optional().describe("optimizer"),
  optimizerOptions: options.optional().describe("its options, e.g. weightDecay: 0.01"),
  plan: z
    .enum(["auto"])
    .optional()
    .describe(
      "auto: measures memory and time of steps, and tests learning rates, for what is not given, in 100 s at most",
    ),
  memory: z.string().optional().describe("most memory that the plan may need with plan auto, e.g. 4GB"),
  lr: z.number().positive().optional().describe("highest learning rate"),
  schedule: z.string().optional().describe("learning rate schedule"),
  scheduleOptions: options.optional().describe("its options, e.g. power: 0.9, warmup: { steps: 100 }"),
  loss: z.string().optional().describe("loss, or several joined by +"),
  lossOptions: z
    .record(z.string(), options)
    .optional()
    .describe("options of each loss, e.g. crossEntropy: { labelSmoothing: 0.1 }"),
  weightsOfClasses: z
    .union([z.string(), z.array(z.number().min(0)).readonly()])
    .optional()
    .describe("class weights: a rule, or one number a class"),
  method: z
    .string()
    .optional()
    .describe("how unlabelled images are learnt from, see segkit semi; supervised for not at all"),
  methodOptions: options.optional().describe("its options, e.g. threshold: 0.9"),
  unlabelledBatch: z.int().min(1).optional().describe("unlabelled images beside a batch of labelled ones"),
  sampling: z
    .enum(samplingRules)
    .optional()
    .describe("which images are drawn how often: uniform, class-balanced, rare-class"),
  rareCrops: z.number().min(0).max(1).optional().describe("share of the crops that must hold a rare class"),
  clipping: clippingSchema.optional().describe("gradient clipping by norm or value"),
  ema: z.number().min(0).lt(1).optional().describe("decay of the moving average of the weights; 0 keeps none"),
  patience: z.int().min(1).optional().describe("validations without improvement after which the run ends"),
  validateEvery: z.int().min(1).optional().describe("updates between validations"),
  checkpointEvery: z.int().min(1).optional().describe("updates between checkpoints, beside those at validations"),
  scale: z
    .tuple([z.number().positive(), z.number().positive()])
    .readonly()
    .optional()
    .describe("augmentation: bounds of the random scale"),
  flip: z.enum(["horizontal", "both", "none"]).optional().describe("augmentation: mirroring"),
  mix: z
    .enum(["none", ...mixKinds])
    .optional()
    .describe("what images of a batch take from each other: none, cutmix (boxes), classmix (half of the classes)"),
  color: z.number().min(0).max(1).optional().describe("augmentation: strength of colour changes"),
  seed: z.int().min(0).optional().describe("seed of everything random"),
  threads: z.int().min(1).optional().describe("threads inside an operator"),
  workers: z.int().min(0).optional().describe("threads that decode and augment"),
  device: z.string().optional().describe("where to compute: auto, cpu, cuda, webgpu, dml or coreml"),
});

export type PlanRequest = z.output<typeof planRequestSchema>;
