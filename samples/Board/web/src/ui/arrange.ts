/**
 * Puts elements into a parent in the order wanted, moving as few as possible: what stays keeps its focus, its scroll
 * position and its running animations. Elements that are not wanted are left to whoever takes them next.
 */
export function arrange(parent: Element, wanted: readonly Element[]): void {
  const places = new Map<Element, number>();
  for (let i = 0; i < parent.children.length; i++) places.set(parent.children[i] as Element, i);
  const staying = longestRise(wanted.map((element) => places.get(element) ?? -1));
  let next: Element | null = null;
  for (let i = wanted.length - 1; i >= 0; i--) {
    const element = wanted[i] as Element;
    if (!staying.has(i)) move(parent, element, next);
    next = element;
  }
}

/** Runs a change of the document and gives the focus back where the change took it away. */
export function keepingFocus(change: () => void): void {
  const focused = document.activeElement;
  change();
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
    focused.focus({ preventScroll: true });
  }
}

interface CanMoveBefore {
  moveBefore(node: Node, child: Node | null): void;
}

function move(parent: Element, element: Element, next: Element | null): void {
  // moveBefore keeps focus and animations; older browsers have only insertBefore.
  if ("moveBefore" in parent && element.isConnected) (parent as Element & CanMoveBefore).moveBefore(element, next);
  else parent.insertBefore(element, next);
}

/** Indexes of a longest strictly rising subsequence; -1 is not part of any. */
function longestRise(values: readonly number[]): ReadonlySet<number> {
  const tails: number[] = [];
  const previous: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < 0) continue;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? (tails[low - 1] as number) : -1;
    tails[low] = i;
  }
  const staying = new Set<number>();
  for (let i = tails.at(-1) ?? -1; i >= 0; i = previous[i] as number) staying.add(i);
  return staying;
}
