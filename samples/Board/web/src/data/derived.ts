/** Computes something from rows, again only when the rows are others. */
export function derived<R, T>(rows: () => readonly R[], compute: (rows: readonly R[]) => T): () => T {
  let last: { readonly rows: readonly R[]; readonly value: T } | undefined;
  return () => {
    const now = rows();
    if (last?.rows !== now) last = { rows: now, value: compute(now) };
    return last.value;
  };
}
