/** @file How a model's temperature is said in a line of output. */

/** The temperature of a model, or those of the models of an ensemble; null where none was fitted. */
export interface Temperatures {
  readonly temperature: number | null;
  readonly temperatures?: readonly (number | null)[] | undefined;
}

/**
 * `temperature 1.268`, `each model at its own temperature (1.200, 0.900, none)`, or `not calibrated`.
 *
 * @example
 * temperatureText({ temperature: 1.2684 }); // "temperature 1.268"
 */
export function temperatureText({ temperature, temperatures }: Temperatures): string {
  if (temperatures)
    return `each model at its own temperature (${temperatures.map((one) => one?.toFixed(3) ?? "none").join(", ")})`;
  return temperature === null ? "not calibrated" : `temperature ${temperature.toFixed(3)}`;
}
