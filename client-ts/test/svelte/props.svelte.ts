/** Props that a test can change. */
export function props<P extends object>(given: P): P {
  const state = $state(given);
  return state;
}
