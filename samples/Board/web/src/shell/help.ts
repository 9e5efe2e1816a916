import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { show } from "../ui/modal.js";

const shortcuts: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["←", "↑", "→", "↓"], "Go from card to card"],
  [["Enter"], "Open the card"],
  [["Space"], "Pick the card up, then:"],
  [["←", "↑", "→", "↓"], "move it,"],
  [["Enter"], "drop it there,"],
  [["Esc"], "or put it back"],
  [["X"], "Tick the card as done"],
  [["N"], "Add a card to the list"],
  [["Del"], "Delete the card (can be undone)"],
  [["Ctrl", "Enter"], "Save a description, send a comment"],
  [["Esc"], "Close the card"],
  [["?"], "Show this help"],
];

/** The keys, on one page. */
export function showHelp(): void {
  const list = h("dl", { class: "keys" });
  for (const [keys, what] of shortcuts) {
    const indent = what.startsWith("move") || what.startsWith("drop") || what.startsWith("or ") ? "then" : undefined;
    list.append(h("dt", { class: indent }, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, what));
  }
  const dialog = h(
    "dialog",
    { class: "modal help", "aria-label": "Keyboard shortcuts" },
    h("form", { method: "dialog", class: "modal-head" }, h("h2", {}, "Keyboard"), h("button", { class: "icon-button", "aria-label": "Close" }, icon("close"))),
    list,
    h("p", { class: "muted" }, "With a mouse, drag a card. On a touch screen, hold it for a moment first."),
  );
  void show(dialog);
}
