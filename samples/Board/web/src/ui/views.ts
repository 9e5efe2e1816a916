/** What shows one row: made once, then told of each new model. */
export interface View<M> {
  readonly element: HTMLElement;
  update(model: M): void;
}

/** Views by key: one for each row as long as the row is shown. */
export class Views<K, M> {
  readonly #make: (key: K) => View<M>;
  readonly #views = new Map<K, View<M>>();

  constructor(make: (key: K) => View<M>) {
    this.#make = make;
  }

  /** The key's element, made where it is new, showing the model. */
  show(key: K, model: M): HTMLElement {
    let view = this.#views.get(key);
    if (view === undefined) this.#views.set(key, (view = this.#make(key)));
    view.update(model);
    return view.element;
  }

  elementOf(key: K): HTMLElement | undefined {
    return this.#views.get(key)?.element;
  }

  elements(): HTMLElement[] {
    return [...this.#views.values()].map((view) => view.element);
  }

  /** Takes the views of all other keys away. */
  keepOnly(keys: ReadonlySet<K>): void {
    for (const [key, view] of this.#views) {
      if (keys.has(key)) continue;
      view.element.remove();
      this.#views.delete(key);
    }
  }
}
