import { h } from "./dom.js";

/** Asks before something that cannot be undone. */
export function confirmed(question: string, detail: string, verb: string): Promise<boolean> {
  const dialog = h(
    "dialog",
    { class: "modal", "aria-label": question },
    h("h2", {}, question),
    h("p", {}, detail),
    h(
      "form",
      { method: "dialog", class: "row end" },
      h("button", { class: "button quiet", value: "" }, "Cancel"),
      h("button", { class: "button danger", value: "yes" }, verb),
    ),
  );
  return show(dialog).then((answer) => answer === "yes");
}

/** Asks for a short text; undefined when the user thinks better of it. */
export async function asked(question: string, label: string, verb: string): Promise<string | undefined> {
  const field = h("input", { class: "field", "aria-label": label, placeholder: label, maxlength: 200, required: true });
  const dialog = h(
    "dialog",
    { class: "modal", "aria-label": question },
    h("h2", {}, question),
    h(
      "form",
      { method: "dialog" },
      field,
      h(
        "div",
        { class: "row end" },
        h("button", { class: "button quiet", value: "", formnovalidate: true, type: "button", onclick: () => dialog.close() }, "Cancel"),
        h("button", { class: "button primary", value: "yes" }, verb),
      ),
    ),
  );
  const answer = await show(dialog);
  const text = field.value.trim();
  return answer === "yes" && text !== "" ? text : undefined;
}

/** Shows a modal dialog until it is closed; a click beside it closes it too. */
export function show(dialog: HTMLDialogElement): Promise<string> {
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    }),
  );
}
