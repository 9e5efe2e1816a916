import { Api } from "../../acceptance/api.ts";
import { collectionCases } from "../../acceptance/collections.cases.ts";
import { endCases } from "../../acceptance/ends.cases.ts";
import { messageCases } from "../../acceptance/messages.cases.ts";
import { stageOf } from "../../acceptance/stage.ts";
import { valuesCases } from "../../acceptance/values.cases.ts";
import { valuesStageOf } from "../../acceptance/values-stage.ts";
import type { SocketConstructor } from "../../acceptance/wire.ts";
import { collected, type Case } from "./vitest.ts";

/** The cases in a page of their server; in Node only their names are read. */
const Socket = globalThis.WebSocket as unknown as SocketConstructor;

const sample = stageOf(() => new Api(""), Socket);
collectionCases(sample);
messageCases(sample);
const onSample = collected.splice(0);

const values = valuesStageOf(() => "", Socket);
valuesCases(values);
endCases(values);
const onValues = collected.splice(0);

const leaving = (leave: () => Promise<unknown>) => ({ name, run }: Case): Case => ({ name, run: () => run().finally(leave) });

export const cases: Readonly<Record<"sample" | "values", readonly Case[]>> = {
  sample: onSample.map(leaving(sample.leave)),
  values: onValues.map(leaving(values.leave)),
};

/** Opens what a page has open when it is closed by its user. */
export const open = async (): Promise<void> => values.viewer().live.all("LongKeyed").ready;
