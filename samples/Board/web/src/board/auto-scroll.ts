const edgePx = 56;
const fastestPx = 16;

/** Scrolls the board, and the list under the pointer, while a card is held near an edge. */
export class AutoScroll {
  readonly #board: HTMLElement;
  readonly #scrolled: () => void;
  #frame: number;
  #x: number | undefined;
  #y = 0;

  constructor(board: HTMLElement, scrolled: () => void) {
    this.#board = board;
    this.#scrolled = scrolled;
    this.#frame = requestAnimationFrame(() => this.#step());
  }

  pointAt(x: number, y: number): void {
    this.#x = x;
    this.#y = y;
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
  }

  #step(): void {
    this.#frame = requestAnimationFrame(() => this.#step());
    if (this.#x === undefined) return;
    const strip = this.#board.querySelector<HTMLElement>(".lists");
    const cards = document.elementFromPoint(this.#x, this.#y)?.closest<HTMLElement>(".list")?.querySelector<HTMLElement>(".cards");
    const box = strip?.getBoundingClientRect();
    const column = cards?.getBoundingClientRect();
    let moved = false;
    if (strip !== null && box !== undefined) moved = scroll(strip, pull(this.#x, box.left, box.right), 0);
    if (cards !== null && cards !== undefined && column !== undefined) {
      moved = scroll(cards, 0, pull(this.#y, column.top, column.bottom)) || moved;
    }
    if (moved) this.#scrolled();
  }
}

/** How far to scroll: the nearer to the edge the faster. */
function pull(at: number, start: number, end: number): number {
  const edge = Math.min(edgePx, (end - start) / 4);
  if (at < start + edge) return -fastestPx * Math.min(1, (start + edge - at) / edge);
  if (at > end - edge) return fastestPx * Math.min(1, (at - end + edge) / edge);
  return 0;
}

function scroll(element: Element, x: number, y: number): boolean {
  const { scrollLeft, scrollTop } = element;
  element.scrollBy(x, y);
  return element.scrollLeft !== scrollLeft || element.scrollTop !== scrollTop;
}
