/** A tiny store: one value, replaced as a whole; subscribers hear only of the part that they selected, and only when it changed. */

/**
 * @template S
 * @typedef {object} Store
 * @property {() => S} get
 * @property {(change: (state: S) => S) => void} update   `change` returns a new value, or the same one for "nothing changed"
 * @property {<T>(select: (state: S) => T, listen: (part: T) => void) => () => void} subscribe
 *   calls `listen` at once and after each change of the part (compared with Object.is); returns the undo
 */

/**
 * @template S
 * @param {S} initial
 * @returns {Store<S>}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {Set<() => void>} */
  const watchers = new Set();
  return {
    get: () => state,
    update(change) {
      const next = change(state);
      if (Object.is(next, state)) return;
      state = next;
      for (const watch of [...watchers]) if (watchers.has(watch)) watch();
    },
    subscribe(select, listen) {
      let part = select(state);
      const watch = () => {
        const next = select(state);
        if (Object.is(next, part)) return;
        part = next;
        listen(part);
      };
      watchers.add(watch);
      listen(part);
      return () => void watchers.delete(watch);
    },
  };
}
