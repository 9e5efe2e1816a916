type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

interface LiveFieldOptions {
  readonly save: (value: string) => Promise<boolean>;
  /** Told what others have written while the user edits, and undefined when that is over. */
  readonly onConflict?: (theirs: string | undefined) => void;
  readonly isRequired?: boolean;
}

/**
 * Joins a field to a live value. While the user is in the field, what others write waits: it shows when the user leaves
 * without a change; otherwise what the user entered is saved. What could not be saved stays in the field.
 */
export class LiveField {
  readonly #field: Field;
  readonly #options: LiveFieldOptions;
  #live = "";
  /** What was in the field before the user changed it. */
  #shown = "";
  #isSaving = false;

  constructor(field: Field, options: LiveFieldOptions) {
    this.#field = field;
    this.#options = options;
    field.addEventListener("change", () => void this.commit());
    field.addEventListener("blur", () => void this.commit());
    field.addEventListener("keydown", (event) => this.#onKey(event as KeyboardEvent));
  }

  get isDirty(): boolean {
    return this.#field.value.trim() !== this.#shown.trim();
  }

  /** Gives the field its live value. */
  show(value: string): void {
    this.#live = value;
    if (this.#isSaving) return;
    if (this.#isFocused || this.isDirty) this.#options.onConflict?.(value === this.#shown ? undefined : value);
    else this.#write(value);
  }

  /** Saves what the user entered, or shows what has come meanwhile. */
  async commit(): Promise<void> {
    if (this.#isSaving) return;
    const value = this.#field.value.trim();
    const isRefused = value === "" && this.#options.isRequired === true;
    if (!this.isDirty || isRefused) {
      if (!this.#isFocused) this.reset();
      return;
    }
    const before = this.#live;
    this.#isSaving = true;
    const saved = await this.#options.save(value);
    this.#isSaving = false;
    this.#field.toggleAttribute("data-unsaved", !saved);
    if (!saved) return;
    this.#shown = value;
    // The live value may have come back already, or even a later one; until then it is what was saved.
    if (this.#live === before) this.#live = value;
    this.#options.onConflict?.(undefined);
    if (!this.#isFocused && !this.isDirty) this.#write(this.#live);
  }

  /** Shows the live value and forgets what the user entered. */
  reset(): void {
    this.#field.removeAttribute("data-unsaved");
    this.#options.onConflict?.(undefined);
    this.#write(this.#live);
  }

  get #isFocused(): boolean {
    return document.activeElement === this.#field;
  }

  #write(value: string): void {
    this.#shown = value;
    if (this.#field.value === value) return;
    this.#field.value = value;
    this.#field.dispatchEvent(new Event("livewrite"));
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Escape" && this.isDirty) {
      event.stopPropagation();
      this.reset();
    } else if (event.key === "Enter" && (this.#field instanceof HTMLInputElement || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#field.blur();
    }
  }
}
