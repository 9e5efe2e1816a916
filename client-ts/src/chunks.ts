import type { Ask } from "./protocol.js";

/** A subscribe message stays below so many bytes; servers take 32 kB by default. */
const maxMessageBytes = 24_000;

/** The most that one subscription may take: with the message around it still below what servers take. */
const maxAskBytes = 32_000;

const encoder = new TextEncoder();

/** Splits what is asked for into messages, in order, as few as their size allows. What fits in none is apart. */
export function toMessages(asks: readonly Ask[]): { readonly messages: readonly (readonly Ask[])[]; readonly tooLarge: readonly Ask[] } {
  const messages: Ask[][] = [];
  const tooLarge: Ask[] = [];
  let room = 0;
  for (const ask of asks) {
    const bytes = encoder.encode(JSON.stringify(ask)).length + 1;
    if (bytes > maxAskBytes) {
      tooLarge.push(ask);
    } else if (bytes <= room) {
      messages.at(-1)?.push(ask);
      room -= bytes;
    } else {
      messages.push([ask]);
      room = maxMessageBytes - 100 - bytes;
    }
  }
  return { messages, tooLarge };
}
