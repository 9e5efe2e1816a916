// Checked by `npm run test:types`, never run. Every line under @ts-expect-error must not compile.
import { effect, type ReadonlySignal } from "@preact/signals-core";
import type { Accessor } from "solid-js";
import type { Readable } from "svelte/store";
import type { ComputedRef } from "vue";
import { createLiveHub, type CollectionState, type CollectionStatus, type HubStatus, type LiveHubError, type SingleState } from "../src/index.js";
import * as react from "../src/react.js";
import * as signals from "../src/signals.js";
import * as solid from "../src/solid.js";
import * as svelte from "../src/svelte.js";
import * as vue from "../src/vue.js";

interface Schema {
  Card: { row: { id: number; listId: number; title: string }; key: number; relations: {} };
}
type Row = { readonly id: number; readonly listId: number; readonly title: string };
type Title = { readonly title: string };

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>): void => {};

const live = createLiveHub<Schema>("/live");
const all = () => live.all("Card");
const titles = () => live.many("Card", [1], { columns: ["title"] });
const one = () => live.one("Card", 1);

// React ----------------------------------------------------------------------------------------------------------------
const inReact = react.useLive(all, []);
const oneInReact = react.useLive(one, []);
const titlesInReact = react.useLive(titles, []);
const givenToReact = react.useCollection(all());
const hubInReact = react.useHubStatus(live);
react.useHubStatus(createLiveHub("/live"));
same<typeof inReact, CollectionState<Row>>(true);
same<typeof oneInReact, SingleState<Row>>(true);
same<typeof titlesInReact, CollectionState<Title>>(true);
same<typeof givenToReact, CollectionState<Row>>(true);
same<typeof hubInReact, HubStatus>(true);
// @ts-expect-error without deps it would be opened anew by every render
react.useLive(all);
// @ts-expect-error a collection is given by a function that opens it
react.useLive(all(), []);
// @ts-expect-error a collection that is there is not given by a function
react.useCollection(all);
// @ts-expect-error not a collection
react.useLive(() => 42, []);
// @ts-expect-error a promise of one is not one
react.useLive(async () => live.all("Card"), []);
// @ts-expect-error a hub is not a collection
react.useCollection(live);
// @ts-expect-error a collection is not a hub
react.useHubStatus(all());
// @ts-expect-error several rows are not one
inReact.row;
// @ts-expect-error one row is not several
oneInReact.rows;
// @ts-expect-error there may be none
oneInReact.row.title;
// @ts-expect-error not asked for
titlesInReact.rows[0]?.id;
// @ts-expect-error rows are read only
inReact.rows.push();
// @ts-expect-error no such column
react.useLive(() => live.all("Card", { where: { lisId: 1 } }), []);

// Vue ------------------------------------------------------------------------------------------------------------------
const inVue = vue.useLive(all);
const oneInVue = vue.useLive(one);
same<typeof inVue.rows, ComputedRef<readonly Row[]>>(true);
same<typeof inVue.status, ComputedRef<CollectionStatus>>(true);
same<typeof inVue.error, ComputedRef<LiveHubError | undefined>>(true);
same<typeof oneInVue.row, ComputedRef<Row | undefined>>(true);
// @ts-expect-error a collection is given by a function that opens it
vue.useLive(all());
// @ts-expect-error several rows are not one
inVue.row;
// @ts-expect-error one row is not several
oneInVue.rows;
// @ts-expect-error every part is a ref
inVue.rows.map;
// @ts-expect-error refs are read only
inVue.rows.value = [];

// Svelte ---------------------------------------------------------------------------------------------------------------
const inSvelte = svelte.useLive(all);
const oneInSvelte = svelte.useLive(one);
const store = svelte.liveStore(titles);
same<typeof inSvelte, CollectionState<Row>>(true);
same<typeof oneInSvelte, SingleState<Row>>(true);
same<typeof store, Readable<CollectionState<Title>>>(true);
// @ts-expect-error a collection is given by a function that opens it
svelte.useLive(all());
// @ts-expect-error a collection is given by a function that opens it
svelte.liveStore(all());
// @ts-expect-error several rows are not one
inSvelte.row;
// @ts-expect-error rows are read only
inSvelte.rows = [];
// @ts-expect-error a store that is read only
store.set;
// @ts-expect-error not asked for
store.subscribe(({ rows }) => rows[0]?.id);

// Solid ----------------------------------------------------------------------------------------------------------------
const inSolid = solid.createLive(all);
const oneInSolid = solid.createLive(one);
same<typeof inSolid, Accessor<CollectionState<Row>>>(true);
same<typeof oneInSolid, Accessor<SingleState<Row>>>(true);
// @ts-expect-error a collection is given by a function that opens it
solid.createLive(all());
// @ts-expect-error it is called to be read
inSolid.rows;
// @ts-expect-error one row is not several
oneInSolid().rows;

// Signals --------------------------------------------------------------------------------------------------------------
const inSignals = signals.liveSignal(all);
const givenToSignals = signals.liveSignal(one());
same<typeof inSignals, ReadonlySignal<CollectionState<Row>>>(true);
same<typeof givenToSignals, ReadonlySignal<SingleState<Row>>>(true);
effect(() => void inSignals.value.rows[0]?.title);
// @ts-expect-error read only
inSignals.value = givenToSignals.value;
// @ts-expect-error one row is not several
givenToSignals.value.rows;
// @ts-expect-error not a collection
signals.liveSignal(live);
// @ts-expect-error not a function that opens one
signals.liveSignal(() => live);
