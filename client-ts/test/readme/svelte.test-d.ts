// The code of README.md, compiled by `npm run test:types`.
import { live } from "./live.js";

export { cards };

// README begin
// <script lang="ts">
import { useLive } from "@livehub/client/svelte";

const { listId }: { listId: number } = $props();
const cards = useLive(() => live.all("Card", { where: { listId } }));
// {#each cards.rows as card (card.id)} <li>{card.title}</li> {/each}
