const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Lets elements glide from where they were to where the change puts them. */
export function gliding(elements: readonly HTMLElement[], change: () => void): void {
  if (still.matches) {
    change();
    return;
  }
  const before = new Map(elements.map((element) => [element, element.getBoundingClientRect()]));
  change();
  for (const [element, old] of before) {
    if (!element.isConnected) continue;
    const now = element.getBoundingClientRect();
    const x = old.left - now.left;
    const y = old.top - now.top;
    if ((x === 0 && y === 0) || !isVisible(now)) continue;
    // A column cuts off what comes from beside it, so from there a card steps forward instead of gliding.
    const from = Math.abs(x) > 40 ? { transform: "scale(0.96)", opacity: 0.4 } : { transform: `translateY(${y}px)` };
    element.animate([from, { transform: "none" }], { duration: 180, easing: "cubic-bezier(0.2, 0, 0, 1)" });
  }
}

/** A brief glow: this has just been changed by someone else. */
export function glow(element: HTMLElement): void {
  element.classList.remove("changed");
  requestAnimationFrame(() => element.classList.add("changed"));
  element.addEventListener("animationend", () => element.classList.remove("changed"), { once: true });
}

function isVisible(box: DOMRect): boolean {
  return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
}
