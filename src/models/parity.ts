/** @file Written by `npm run evidence`: reference fixtures whose outputs, loss and gradients a network or encoder equals. */

export const parity: { readonly [name: string]: readonly string[] } = {};
