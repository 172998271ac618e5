/** The one connection to the server. Questions have answers (acknowledgements); nothing is pushed to the page. */

/** @typedef {'connecting' | 'online' | 'offline' | 'error'} LinkState */
/**
 * What we use of socket.io-client.
 * @typedef {object} ClientSocket
 * @property {boolean} connected
 * @property {(event: string, listener: (...args: any[]) => void) => void} on
 * @property {() => void} connect
 * @property {(ms: number) => {emitWithAck: (event: string, payload: unknown) => Promise<unknown>}} timeout
 * @property {{on: (event: string, listener: (...args: any[]) => void) => void}} io
 */
/** @typedef {{readonly message: string, readonly hint: string}} Problem */
/**
 * @typedef {object} Link
 * @property {LinkState} state
 * @property {(event: string, payload: unknown) => Promise<any>} ask   resolves with the answer; rejects with a LinkError when none came or it says no
 * @property {(listener: (state: LinkState) => void) => () => void} onState
 * @property {() => void} retry
 */

/** How long an answer may take, ms. */
const PATIENCE_MS = 8000;
const VENDOR = '/vendor/socket.io.esm.min.js';

/** The server said no, or nothing. `hint` says how to mend it. */
export class LinkError extends Error {
  /** @param {Problem & {silent?: boolean}} problem   `silent`: no answer came at all */
  constructor(problem) {
    super(problem.message);
    this.name = 'LinkError';
    this.hint = problem.hint;
    this.silent = problem.silent ?? false;
  }
}

/** @returns {Promise<Link>} */
export async function openLink() {
  const {io} = await import(VENDOR);
  return wrap(io({transports: ['websocket'], reconnectionDelayMax: 5000}));
}

/**
 * @param {ClientSocket} socket
 * @returns {Link}
 */
function wrap(socket) {
  /** @type {Set<(state: LinkState) => void>} */
  const listeners = new Set();
  let failures = 0;
  const link = /** @type {Link} */ ({
    state: 'connecting',
    ask: (event, payload) => ask(socket, event, payload),
    onState: (listener) => { listeners.add(listener); listener(link.state); return () => listeners.delete(listener); },
    retry: () => { move('connecting'); socket.connect(); },
  });
  /** @param {LinkState} state */
  const move = (state) => { link.state = state; for (const listener of listeners) listener(state); };
  socket.on('connect', () => { failures = 0; move('online'); });
  socket.on('disconnect', (reason) => move(reason === 'io server disconnect' ? 'error' : 'offline'));
  socket.on('connect_error', () => { failures += 1; move(failures > 3 ? 'error' : 'offline'); });
  return link;
}

/**
 * @param {ClientSocket} socket
 * @param {string} event
 * @param {unknown} payload
 * @returns {Promise<any>}
 */
async function ask(socket, event, payload) {
  /** @type {any} */
  let answer;
  try {
    answer = await socket.timeout(PATIENCE_MS).emitWithAck(event, payload);
  } catch {
    throw new LinkError({message: `no answer to ${event}`, hint: '', silent: true});
  }
  if (answer?.ok !== true) throw new LinkError(answer?.error ?? {message: String(answer), hint: ''});
  return answer;
}
