/** @file What `segkit train` was asked for, and the run itself. */
import { RuntimeError } from "../errors/index.js";

/** The options of `segkit train` after parsing; whatever is undefined is derived from the data, or comes from `config`. */
export interface TrainArguments {
  /** Folder or list file of the data set; absent when a run is resumed. */
  readonly data?: string;
  readonly model?: string;
  readonly encoder?: string;
  /** Run folder to be made. */
  readonly run?: string;
  /** Run folder to go on with. */
  readonly resume?: string;
  /** File with options of the plan, which the command line overrules. */
  readonly config?: string;
  /** Any other option of the plan or the network, by name. */
  readonly set?: { readonly [key: string]: unknown };
  /** Size of the network's input. */
  readonly size?: readonly [height: number, width: number];
  readonly batch?: number;
  /** Micro-batches whose gradients are averaged before an update. */
  readonly accumulate?: number;
  /** Length of the run; at most one of the three. */
  readonly epochs?: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly optimizer?: string;
  readonly lr?: number;
  readonly schedule?: string;
  readonly loss?: string;
  /** Weights of the classes in the loss: by a rule over their frequencies, or one number a class. */
  readonly weightsOfClasses?: string | readonly number[];
  /** Decay of the moving average of the weights, 0 up to 1; 0 keeps none. */
  readonly ema?: number;
  /** Validations without improvement after which the run ends. */
  readonly patience?: number;
  /** Fold `index` (1 to count) of `count`. */
  readonly fold?: { readonly index: number; readonly count: number };
  /** Augmentation: bounds of the random scale, mirroring, strength of colour changes. */
  readonly scale?: readonly [low: number, high: number];
  readonly flip?: "horizontal" | "both" | "none";
  readonly color?: number;
  readonly seed?: number;
  readonly threads?: number;
  /** Threads that decode and augment. */
  readonly workers?: number;
  readonly device: string;
  /** Whether the data set is checked first. */
  readonly doctor: boolean;
  readonly json?: boolean;
}

/** Trains as asked and reports on the terminal. @throws SegkitError */
export async function runTrain(options: TrainArguments): Promise<void> {
  throw new RuntimeError({
    expected: "training",
    found: `segkit train cannot run yet (asked for ${options.resume ?? options.run ?? options.data})`,
  });
}
