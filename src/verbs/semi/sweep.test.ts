import { describe, expect, it } from "vitest";
import { parseAxis, sweepPoints } from "./sweep-axis.js";
import { sweepLines } from "./sweep-page.js";

const options = { data: "set", method: "self-training", labels: { keep: 1, of: 8, seed: 3 } };

describe("the axes of a sweep", () => {
  it("are read from text", () => {
    expect(parseAxis("portion=2%, 5%,0.1")).toEqual({ name: "portion", values: ["2%", "5%", "0.1"] });
    for (const text of ["portion", "=1", "portion=", "portion=1,,2"])
      expect(() => parseAxis(text)).toThrow("expected an option with values");
  });

  it("set options of the method, by percent too, and of single classes", () => {
    const points = sweepPoints(options, [parseAxis("portion=2%,0.4"), parseAxis("portionOfClass.car=60%")]);
    expect(points.map(({ folder }) => folder)).toEqual(["0.02_0.6", "0.4_0.6"]);
    expect(points[0]!.options.methodOptions).toEqual({ portion: 0.02, portionOfClass: { car: 0.6 } });
  });

  it("set options of the training: sizes, networks with encoders, shares of labels, seeds", () => {
    const axes = ["size=90x120", "model=enet,unet/resnet18", "labels=1/4", "seed=7"].map(parseAxis);
    const points = sweepPoints(options, axes);
    expect(points.map(({ folder }) => folder)).toEqual(["90x120_enet_1-4_7", "90x120_unet-resnet18_1-4_7"]);
    expect(points[1]!.options).toMatchObject({ size: [90, 120], model: "unet", encoder: "resnet18", seed: 7 });
    expect(points[1]!.options.labels).toEqual({ keep: 1, of: 4, seed: 7 });
    expect(points[0]!.options).not.toHaveProperty("encoder");
  });

  it("are refused before anything is trained: unknown names, impossible values, values twice", () => {
    const refused = (text: string) => expect(() => sweepPoints(options, [parseAxis(text)]));
    refused("portoin=1%").toThrow("Did you mean portion?");
    refused("portion=5%,150%").toThrow("portion = 1.5");
    refused("size=90").toThrow("the value of 90");
    refused("portion=5%,0.05").toThrow("0.05 twice");
  });
});

it("a sweep is drawn over its first axis with a line for each combination of the others", () => {
  const axes = [parseAxis("portion=20%,5%"), parseAxis("model=enet,unet")];
  const row = (portion: string, model: string, score: number) => ({
    values: [portion, model],
    folder: "",
    score,
    seconds: 1,
  });
  const rows = [row("20%", "enet", 0.4), row("20%", "unet", 0.5), row("5%", "enet", 0.3), row("5%", "unet", 0.2)];
  expect(sweepLines({ axes, rows }, ({ score }) => score)).toEqual([
    {
      name: "enet",
      points: [
        [0.05, 0.3],
        [0.2, 0.4],
      ],
    },
    {
      name: "unet",
      points: [
        [0.05, 0.2],
        [0.2, 0.5],
      ],
    },
  ]);
});
