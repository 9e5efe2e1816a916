// The code of README.md, compiled by `npm run test:types`.
import { live } from "./live.js";

export { titles };

// README begin
import { computed, signal } from "@preact/signals-core";
import { liveSignal } from "@livehub/client/signals";

const listId = signal(7);
const cards = liveSignal(() => live.all("Card", { where: { listId: listId.value } }));
const titles = computed(() => cards.value.rows.map((card) => card.title));
