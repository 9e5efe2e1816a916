import { toast } from "../ui/toasts.js";
import { AutoScroll } from "./auto-scroll.js";
import { slotAt } from "./drop-place.js";
import { Ghost } from "./ghost.js";
import type { Moves } from "./moves.js";

const startDistancePx = 5;
/** A finger must rest this long, so that a swipe scrolls. */
const holdMs = 220;
const fingerSlackPx = 10;

/** Lets cards be dragged by mouse, pen and finger. Returns the function that ends it. */
export function enableDrag(board: HTMLElement, moves: Moves): () => void {
  let press: Press | undefined;
  let drag: Drag | undefined;

  const begin = (): void => {
    if (press === undefined || !press.card.isConnected) return;
    drag = new Drag(board, press.card, press.at, moves);
    board.setPointerCapture(press.pointerId);
    if (press.isTouch) navigator.vibrate?.(10);
  };
  const finish = (how: "drop" | "cancel"): void => {
    clearTimeout(press?.timer);
    press = undefined;
    drag?.end(how);
    if (drag !== undefined) swallowClick();
    drag = undefined;
  };
  const down = (event: PointerEvent): void => {
    if (!event.isPrimary || event.button !== 0 || drag !== undefined) return;
    const card = grabbed(event);
    if (card === undefined) return;
    const isTouch = event.pointerType === "touch";
    press = { card, isTouch, pointerId: event.pointerId, at: event, timer: isTouch ? setTimeout(begin, holdMs) : undefined };
  };
  const move = (event: PointerEvent): void => {
    if (press === undefined || event.pointerId !== press.pointerId) return;
    const distance = Math.hypot(event.clientX - press.at.clientX, event.clientY - press.at.clientY);
    if (drag === undefined && press.isTouch && distance > fingerSlackPx) finish("cancel");
    else if (drag === undefined && !press.isTouch && distance > startDistancePx) begin();
    if (drag?.moveTo(event.clientX, event.clientY) === false) {
      finish("cancel");
      toast({ text: "The card was deleted by someone else" });
    }
  };
  const up = (event: PointerEvent): void => {
    if (event.pointerId === press?.pointerId) finish("drop");
  };
  const listeners = new AbortController();
  const options = { signal: listeners.signal };
  board.addEventListener("pointerdown", down, options);
  window.addEventListener("pointermove", move, options);
  window.addEventListener("pointerup", up, options);
  window.addEventListener("pointercancel", () => finish("cancel"), options);
  window.addEventListener("blur", () => finish("cancel"), options);
  // A finger that drags must not scroll the page; the browser asks this before it knows that it is a drag.
  board.addEventListener("touchmove", (event) => drag !== undefined && event.preventDefault(), { ...options, passive: false });
  board.addEventListener("contextmenu", (event) => press?.isTouch === true && event.preventDefault(), options);
  const escape = (event: KeyboardEvent): void => {
    if (drag === undefined || event.key !== "Escape") return;
    event.stopPropagation();
    finish("cancel");
  };
  window.addEventListener("keydown", escape, { ...options, capture: true });
  return () => {
    finish("cancel");
    listeners.abort();
  };
}

interface Press {
  readonly card: HTMLElement;
  readonly isTouch: boolean;
  readonly pointerId: number;
  readonly at: Point;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

interface Point {
  readonly clientX: number;
  readonly clientY: number;
}

/** One drag, from picking up to putting down. */
class Drag {
  readonly #board: HTMLElement;
  readonly #card: HTMLElement;
  readonly #moves: Moves;
  readonly #ghost: Ghost;
  readonly #scroll: AutoScroll;

  constructor(board: HTMLElement, card: HTMLElement, at: Point, moves: Moves) {
    this.#board = board;
    this.#card = card;
    this.#moves = moves;
    this.#ghost = new Ghost(card, at.clientX, at.clientY);
    this.#scroll = new AutoScroll(board, () => this.#aim());
    board.classList.add("dragging");
    this.#aim();
  }

  /** False when the card is gone. */
  moveTo(x: number, y: number): boolean {
    if (!this.#card.isConnected) return false;
    this.#ghost.moveTo(x, y);
    this.#scroll.pointAt(x, y);
    this.#aim();
    return true;
  }

  end(how: "drop" | "cancel"): void {
    this.#scroll.stop();
    this.#board.classList.remove("dragging");
    if (how === "drop" && this.#card.isConnected) void this.#moves.drop();
    else this.#moves.cancel();
    // After the board has rendered: where lists snap into place, the one that was dropped into is the one to see.
    requestAnimationFrame(() => this.#card.closest(".list")?.scrollIntoView({ block: "nearest", inline: "nearest" }));
    this.#ghost.land(this.#card);
  }

  #aim(): void {
    const { x, y } = this.#ghost.point;
    const slot = slotAt(this.#board, this.#card, x, y);
    if (slot !== undefined) this.#moves.hold(Number(this.#card.dataset.card), slot);
  }
}

function grabbed({ target }: PointerEvent): HTMLElement | undefined {
  if (!(target instanceof Element) || target.closest("input, button, a, textarea") !== null) return undefined;
  return target.closest<HTMLElement>(".card") ?? undefined;
}

/** The click that ends a drag is not a click on the card. */
function swallowClick(): void {
  const swallow = (event: Event): void => event.stopPropagation();
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }));
}
