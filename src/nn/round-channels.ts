/** @file Channel counts of scaled networks. */

/**
 * The multiple of 8 nearest to `channels`, or the next one where that would take off more than a tenth (the rule of
 * TensorFlow's MobileNets, which torchvision and EfficientNet follow).
 */
export function roundChannels(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}
