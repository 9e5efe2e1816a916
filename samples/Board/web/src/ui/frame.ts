/** A page that nobody can see is not painted, and some browsers take a page for that which is seen. It follows all the same. */
const unpaintedMs = 200;

/** Runs `work` once in the next frame, however often it is asked for; where no frame comes, without one. */
export function framed(work: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    const run = (): void => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      waiting = false;
      work();
    };
    const frame = requestAnimationFrame(run);
    const timer = setTimeout(run, unpaintedMs);
  };
}
