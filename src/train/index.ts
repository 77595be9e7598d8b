/** @file Training: plans, compiled steps, trainers and checkpoints. */
export { type Checkpoint, type CheckpointKind, hasCheckpoint, loadCheckpoint } from "./checkpoint.js";
export { compileAccumulatedStep, compileStep } from "./compile.js";
export { compileEvaluation, type EvaluationSpec } from "./compile-evaluation.js";
export { derivePlan } from "./derive.js";
export { type FrozenPart, frozenPart } from "./frozen.js";
export { type Choice, type Plan, planFile, planSchema, readPlan, writePlan } from "./plan.js";
export type { EndReason, RunProgress, TrainingEvent } from "./progress.js";
export { type PlanRequest, planRequestSchema } from "./request.js";
export { networkOf } from "./run.js";
export { type StartingWeights, startingWeights } from "./starting-weights.js";
export type { CompiledStep, LossFunction, NetworkSpec, ResidentTensor, StepSpec } from "./step.js";
export { type StepResult, Trainer, type TrainerOptions, type TrainingBatch } from "./trainer.js";
