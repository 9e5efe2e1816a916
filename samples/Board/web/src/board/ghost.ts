const still = matchMedia("(prefers-reduced-motion: reduce)");

/** The picture of the card that follows the pointer. */
export class Ghost {
  readonly #element: HTMLElement;
  readonly #offsetX: number;
  readonly #offsetY: number;
  readonly #height: number;
  #x: number;
  #y: number;

  constructor(card: HTMLElement, x: number, y: number) {
    const box = card.getBoundingClientRect();
    this.#offsetX = x - box.left;
    this.#offsetY = y - box.top;
    this.#height = box.height;
    this.#x = x;
    this.#y = y;
    this.#element = card.cloneNode(true) as HTMLElement;
    this.#element.removeAttribute("data-card");
    this.#element.setAttribute("aria-hidden", "true");
    this.#element.inert = true;
    this.#element.classList.add("ghost");
    this.#element.style.width = `${box.width}px`;
    this.#element.style.height = `${box.height}px`;
    document.body.append(this.#element);
    this.moveTo(x, y);
  }

  /** Where it aims: under the pointer sideways, at its own middle up and down. */
  get point(): { readonly x: number; readonly y: number } {
    return { x: this.#x, y: this.#y - this.#offsetY + this.#height / 2 };
  }

  moveTo(x: number, y: number): void {
    this.#x = x;
    this.#y = y;
    this.#element.style.transform = `${this.#at()} rotate(1.5deg)`;
  }

  /** Glides into the card's place and goes. */
  land(card: HTMLElement): void {
    if (still.matches || !card.isConnected) {
      this.#element.remove();
      return;
    }
    card.classList.add("landing");
    // The board renders in the next frame; then the place is known.
    requestAnimationFrame(() => {
      const { left, top } = card.getBoundingClientRect();
      const glide = this.#element.animate(
        [{ transform: `${this.#at()} rotate(1.5deg)` }, { transform: `translate(${left}px, ${top}px)` }],
        { duration: 140, easing: "cubic-bezier(0.2, 0, 0, 1)" },
      );
      glide.finished.catch(() => {}).finally(() => {
        this.#element.remove();
        card.classList.remove("landing");
      });
    });
  }

  #at(): string {
    return `translate(${this.#x - this.#offsetX}px, ${this.#y - this.#offsetY}px)`;
  }
}
