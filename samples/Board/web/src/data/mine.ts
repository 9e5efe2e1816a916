const touched = new Map<string, number>();
/** A change of one's own comes back within this time; what comes later is news. */
const echoMs = 1_500;

/** Remembers that this window changes a row, while it does and a little longer. */
export async function touching<T>(row: string, work: () => Promise<T>): Promise<T> {
  touched.set(row, Infinity);
  try {
    return await work();
  } finally {
    touched.set(row, Date.now() + echoMs);
    setTimeout(() => {
      if ((touched.get(row) ?? 0) <= Date.now()) touched.delete(row);
    }, echoMs + 50);
  }
}

/** Whether a change of this row may be an echo of one's own. */
export function isMine(row: string): boolean {
  return (touched.get(row) ?? 0) > Date.now();
}
