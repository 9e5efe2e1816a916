import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";

interface ComposerOptions {
  readonly open: string;
  readonly label: string;
  readonly submit: string;
  /** Adds what was typed; false gives the text back. */
  readonly add: (text: string) => Promise<boolean>;
}

/** A button that opens into a field: Enter adds and waits for the next, Escape closes. */
export class Composer {
  readonly element: HTMLFormElement;
  readonly #options: ComposerOptions;
  readonly #button: HTMLButtonElement;
  readonly #field: HTMLTextAreaElement;
  readonly #body: HTMLDivElement;

  constructor(options: ComposerOptions) {
    this.#options = options;
    this.#button = h("button", { type: "button", class: "composer-open", onclick: () => this.open() }, icon("add"), options.open);
    this.#field = h("textarea", { class: "field", rows: 1, maxlength: 200, "aria-label": options.label, placeholder: options.label });
    this.#body = h(
      "div",
      { class: "composer-body", hidden: true },
      this.#field,
      h(
        "div",
        { class: "row" },
        h("button", { type: "submit", class: "button primary" }, options.submit),
        h("button", { type: "button", class: "button quiet", onclick: () => this.close() }, "Cancel"),
      ),
    );
    this.element = h("form", { class: "composer" }, this.#button, this.#body);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#field.addEventListener("keydown", (event) => this.#onKey(event));
    this.#body.addEventListener("focusout", (event) => {
      const leaves = !(event.relatedTarget instanceof Node && this.#body.contains(event.relatedTarget));
      if (leaves && this.#field.value.trim() === "" && document.hasFocus()) this.close({ focus: false });
    });
  }

  open(): void {
    this.#show(true);
    this.#field.focus();
  }

  close({ focus }: { readonly focus: boolean } = { focus: true }): void {
    this.#field.value = "";
    this.#show(false);
    if (focus) this.#button.focus();
  }

  #show(open: boolean): void {
    this.#body.hidden = !open;
    this.#button.hidden = open;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.element.requestSubmit();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
  }

  async #submit(): Promise<void> {
    const text = this.#field.value.trim().replace(/\s+/g, " ");
    if (text === "") return;
    this.#field.value = "";
    this.#field.focus();
    const added = await this.#options.add(text);
    if (!added && this.#field.value === "") this.#field.value = text;
  }
}
