/** @file Fixtures of boxes: numerics without a graph, compared number by number. */
import { boxIou, generalizedBoxIou, nms } from "../../src/util/boxes.js";
import { checkCase, type ParityCase } from "../case.js";
import { type FixtureCase, inputTensor, type OpFixture } from "./run.js";

/** The fixture's expressions of two ranges of the same boxes: rows 0 to 8 against rows 8 to 14. */
const ranges = [0, 8, 14] as const;

type BoxInputs = { readonly [name: string]: Float32Array };

const compute: { readonly [op: string]: (inputs: BoxInputs, attrs: FixtureCase["attrs"]) => ArrayLike<number> } = {
  nms: ({ boxes, scores }, { iou_threshold }) => nms(boxes!, scores!, iou_threshold),
  batched_nms: ({ boxes, scores, idxs }, { iou_threshold }) => nms(boxes!, scores!, iou_threshold, idxs!),
  "box_iou(boxes[0:8], boxes[8:14])": ({ boxes }) => boxIou(...parts(boxes!)),
  "generalized_box_iou(boxes[0:8], boxes[8:14])": ({ boxes }) => generalizedBoxIou(...parts(boxes!)),
};

const parts = (boxes: Float32Array): [Float32Array, Float32Array] => [
  boxes.subarray(4 * ranges[0], 4 * ranges[1]),
  boxes.subarray(4 * ranges[1], 4 * ranges[2]),
];

/** Runs all cases of the file of boxes. */
export async function* runBoxCases(fixture: OpFixture): AsyncGenerator<ParityCase> {
  for (const item of fixture.cases)
    yield checkCase(`${fixture.file} ${item.name}`, { rtol: 1e-5, atol: 1e-6 }, (check) => {
      const inputs = Object.fromEntries(
        Object.entries(item.inputs).map(([name, input]) => [name, inputTensor(input).data as Float32Array]),
      );
      const expected = item.outputs.out!.values;
      const actual = compute[item.attrs.op]!(inputs, item.attrs);
      if (item.attrs.op.endsWith("nms")) check.equal("kept", Array.from(actual), expected);
      else check.numbers("out", actual, expected);
    });
}
