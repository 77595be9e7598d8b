/**
 * @file What a network that was trained with class weights would say without them.
 *
 * The minimum of a cross-entropy whose pixels of class c weigh w_c is P_c proportional to w_c p_c, where p_c is how likely the class
 * is: with weights of 1 and 10 a pixel is given to the rare class from p = 1/11 on. That is wanted of a mask that is scored by its
 * mean IoU, but as a confidence it is wrong, and a label that is right one time in ten teaches nothing. So labels are chosen by
 * P_c / w_c (logit adjustment; Menon et al. 2021, https://arxiv.org/abs/2007.07314).
 */

/**
 * Divides probabilities [K, pixels] by the weight of each class, in place, and makes those of each pixel sum to 1 again. A class of weight
 * 0 was never learnt and gets 0.
 */
export function unweigh(dense: Float32Array, classWeights: readonly number[]): void {
  const pixels = dense.length / classWeights.length;
  const factors = classWeights.map((weight) => (weight > 0 ? 1 / weight : 0));
  for (let i = 0; i < pixels; i++) {
    let sum = 0;
    for (let c = 0; c < factors.length; c++) sum += dense[c * pixels + i]! * factors[c]!;
    if (sum === 0) continue;
    for (let c = 0; c < factors.length; c++) dense[c * pixels + i] = (dense[c * pixels + i]! * factors[c]!) / sum;
  }
}
