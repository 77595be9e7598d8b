import { expect, it } from "vitest";
import { unweigh } from "./unweigh.js";

it("unweigh gives back the probabilities that class weights had bent", () => {
  // Two pixels, three classes [K, pixels]; weights 1, 10 and 0 (never learnt).
  const [p, q] = [
    [0.9, 0.1, 0],
    [0.2, 0.8, 0],
  ];
  const weights = [1, 10, 0];
  const bent = [p!, q!].map((row) => {
    const products = row.map((value, c) => value * weights[c]!);
    const sum = products.reduce((a, b) => a + b);
    return products.map((value) => value / sum);
  });
  const dense = Float32Array.from([0, 1, 2].flatMap((c) => bent.map((row) => row[c]!)));
  // A pixel with one in ten for the rare class is given to it all the same.
  expect(dense[2]).toBeGreaterThan(0.5);
  unweigh(dense, weights);
  expect(dense).toBeAllclose([0.9, 0.2, 0.1, 0.8, 0, 0], { rtol: 1e-6, atol: 1e-7 });
});
