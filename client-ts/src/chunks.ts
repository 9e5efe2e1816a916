import type { Ask } from "./protocol.js";

/** A subscribe message of several subscriptions stays below so many bytes: others of the connection need not wait long. */
const maxMessageBytes = 24_000;

/** The most that one subscription may take: with the message around it still below the 131,072 bytes that servers take (P3). */
export const maxAskBytes = 130_000;

const encoder = new TextEncoder();

/** Splits what is asked for into messages, in order, as few as their size allows. What fits in none is given to `refuse`. */
export function toMessages(asks: readonly Ask[], refuse: (ask: Ask) => void, maxBytes: number = maxMessageBytes): readonly (readonly Ask[])[] {
  const messages: Ask[][] = [];
  let room = 0;
  for (const ask of asks) {
    const bytes = encoder.encode(JSON.stringify(ask)).length + 1;
    if (bytes > maxAskBytes) {
      refuse(ask);
    } else if (bytes <= room) {
      messages.at(-1)?.push(ask);
      room -= bytes;
    } else {
      messages.push([ask]);
      room = maxBytes - 100 - bytes;
    }
  }
  return messages;
}
