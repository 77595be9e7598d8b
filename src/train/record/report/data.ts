/** @file ReportData: all that a report shows, as plain data. */

/** A headline number, e.g. `{ label: "mIoU", value: "0.632", note: "best of 40 validations" }`. */
export interface ReportFact {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

/** A choice of the plan with its reason. */
export interface ReportChoice {
  readonly name: string;
  readonly value: string;
  readonly reason: string;
}

/** A curve. Points whose y is null or not finite leave a gap. */
export interface ReportLine {
  readonly name: string;
  /** Pairs [x, y], x rising. */
  readonly points: readonly (readonly [x: number, y: number | null])[];
}

/** Curves that share their axes. */
export interface ReportChart {
  readonly title: string;
  /** What x counts, e.g. `step`. */
  readonly xLabel: string;
  /** `log` leaves out values of 0 and below. Default `linear`. */
  readonly scale?: "linear" | "log";
  readonly lines: readonly ReportLine[];
  /** A vertical line, e.g. at the step of the best checkpoint. */
  readonly mark?: { readonly x: number; readonly label: string };
}

/** Scores of a class, 0 to 1; null where undefined (0/0). */
export interface ReportClass {
  readonly name: string;
  readonly colour: readonly [red: number, green: number, blue: number];
  readonly iou: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  /** Pixels of the class in the truth; 0 marks it as absent. */
  readonly pixels: number;
}

/** A picture with its truth and prediction as the bytes of PNG, JPEG or WebP files. */
export interface ReportPicture {
  readonly name: string;
  /** Mean IoU of this picture, 0 to 1; null where undefined. */
  readonly iou: number | null;
  readonly image: Uint8Array;
  readonly truth: Uint8Array;
  readonly prediction: Uint8Array;
}

/** How far confidences can be trusted. */
export interface ReportCalibration {
  /** A paragraph. */
  readonly lead: string;
  /** Heads of the columns of `scores`, e.g. `as trained`, `calibrated`. */
  readonly columns: readonly string[];
  /** One value for each column; null where undefined. */
  readonly scores: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  readonly charts: readonly ReportChart[];
}

/** What a report shows; a section without data is left out. */
export interface ReportData {
  /** Name of the run. */
  readonly title: string;
  /** One line below it: model, data set, date. */
  readonly subtitle: string;
  readonly facts: readonly ReportFact[];
  readonly charts: readonly ReportChart[];
  readonly classes: readonly ReportClass[];
  /** Pixels by true class (row) and predicted class (column); one more column than classes counts predictions of no class. */
  readonly confusion: readonly (readonly number[])[];
  readonly calibration?: ReportCalibration;
  /** Worst first. */
  readonly worst: readonly ReportPicture[];
  /** Best first. */
  readonly best: readonly ReportPicture[];
  readonly choices: readonly ReportChoice[];
}
