// @ts-check
/** Tells half a minute before a token runs out, and when it has. */

const WARNING_MS = 30_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class TokenClock {
  #tell;
  #expiresAt = Infinity;
  /** @type {ReturnType<typeof setTimeout>[]} */
  #timers = [];

  /** @param {{willExpire: () => void, didExpire: () => void}} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  get expired() {
    return Date.now() >= this.#expiresAt;
  }

  /** @param {import('./token.js').TokenClaims | null} claims of a token that was accepted just now */
  set(claims) {
    this.clear();
    const left = (claims?.expiresAt ?? Infinity) * 1000 - Date.now();
    // Accepted and yet over: the clocks differ, so only the server knows.
    if (left <= 0 || left > LONGEST_TIMER_MS) return;
    this.#expiresAt = Date.now() + left;
    this.#timers = [
      setTimeout(this.#tell.willExpire, Math.max(0, left - WARNING_MS)),
      setTimeout(this.#tell.didExpire, left),
    ];
  }

  clear() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#expiresAt = Infinity;
  }
}
