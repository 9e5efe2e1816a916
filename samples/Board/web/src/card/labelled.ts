import { h, setText } from "../ui/dom.js";
import { LiveField } from "../ui/live-field.js";

type Options = ConstructorParameters<typeof LiveField>[1];

/** A live field with its name above and, below, what others have written meanwhile. */
export function labelled(
  name: string | undefined,
  input: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement,
  options: Options,
  shown: (value: string) => string = (value) => value,
): { readonly element: HTMLElement; readonly field: LiveField } {
  const note = h("span", { class: "field-note", role: "status", hidden: true });
  const onConflict = (theirs: string | undefined): void => {
    note.hidden = theirs === undefined;
    setText(note, theirs === undefined ? "" : `Changed meanwhile to: ${shown(theirs) || "nothing"}`);
  };
  const caption = name === undefined ? undefined : h("span", { class: "field-name" }, name);
  const element = h("label", { class: "labelled" }, caption, input, note);
  return { element, field: new LiveField(input, { ...options, onConflict }) };
}
