/** The rules that can be turned off. */
export const rules = ['version', 'snapshot', 'tombstone', 'transaction'];

/** Those that only several nodes need: what does not come of other nodes' changesets is read from the stream; a node that goes without a word is missed (tests/Chaos/server). */
export const nodeRules = ['hole', 'node'];
