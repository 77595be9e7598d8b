/** @file The table of reference constructors: each builds our network for the arguments of a call. */
import { type Call, parseCall } from "../call.js";
import type { NetworkFixture } from "../fixture.js";
import { contestReferences } from "./contest.js";
import { enetReferences } from "./enet.js";
import { erfnetReferences } from "./erfnet.js";
import { meetpsReferences } from "./meetps.js";
import type { Arguments, Reference, ReferenceNetwork } from "./reference.js";
import { refinenetReferences } from "./refinenet.js";
import { smpReferences } from "./smp.js";
import { tiramisuReferences } from "./tiramisu.js";
import { torchvisionReferences } from "./torchvision.js";
import { wkentaroReferences } from "./wkentaro.js";
import { zijundengReferences } from "./zijundeng.js";

export type { ReferenceNetwork } from "./reference.js";

const references: readonly Reference[] = [
  ...contestReferences,
  ...enetReferences,
  ...erfnetReferences,
  ...meetpsReferences,
  ...refinenetReferences,
  ...smpReferences,
  ...tiramisuReferences,
  ...torchvisionReferences,
  ...wkentaroReferences,
  ...zijundengReferences,
];

/** Arguments by parameter name: defaults, then positional ones in order, then keywords. */
function bind(call: Call, parameters: Arguments): Arguments {
  const names = Object.keys(parameters);
  if (call.positional.length > names.length) throw new Error(`${call.callee} takes ${names.length} arguments`);
  const unknown = [...call.keywords.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`${call.callee} has no parameter ${unknown}`);
  return {
    ...parameters,
    ...Object.fromEntries(call.positional.map((value, i) => [names[i]!, value])),
    ...Object.fromEntries(call.keywords),
  };
}

/**
 * Our network for a fixture's reference.
 *
 * @throws Error when there is no such constructor in the table, or an argument has no counterpart.
 */
export function referenceNetwork(fixture: NetworkFixture): ReferenceNetwork {
  const call = parseCall(fixture.reference.call);
  const found = references.find(
    ({ project, callee }) => fixture.reference.project.includes(project) && callee === call.callee,
  );
  if (!found) throw new Error(`no counterpart of ${fixture.reference.call} of ${fixture.reference.project}`);
  return found.network(bind(call, found.parameters), fixture, call.rest);
}
