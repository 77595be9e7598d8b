/** @file The doctor: examines data sets and writes mended copies. */
export { checks } from "./checks.js";
export type { Finding, FindingLevel } from "./finding.js";
export { formatReport } from "./format.js";
export { formatMending, type LeftOut, type MendReport, mendDataset } from "./mend.js";
export {
  type ClassFrequency,
  type DoctorOptions,
  type DoctorReport,
  reportOf,
  requireHealthy,
  runDoctor,
} from "./report.js";
export { type Survey, type SurveyOptions, surveyDataset } from "./survey.js";
