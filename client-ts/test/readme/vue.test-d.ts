// The code of README.md, compiled by `npm run test:types`.
import { live } from "./live.js";

export { rows, status };

// README begin
// <script setup lang="ts">
import { useLive } from "@livehub/client/vue";

const props = defineProps<{ listId: number }>();
const { rows, status } = useLive(() => live.all("Card", { where: { listId: props.listId } }));
// <li v-for="card in rows" :key="card.id">{{ card.title }}</li>
