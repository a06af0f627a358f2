// @ts-check
/** Events by name, as the SDK has them. */

import { knowItself } from './itself.js';

export class EventEmitter {
  /** @type {Map<string, {listener: Function, once: boolean}[]>} */
  #listeners = new Map();

  constructor() {
    knowItself(this);
  }

  /** A method's result comes through a Proxy as it is. @returns {this} */
  itself() {
    return this;
  }

  /** @param {string} event @returns {Function[]} */
  getListeners(event) {
    return this.#of(event).map(({ listener }) => listener);
  }

  /** @param {string} event @param {Function} listener */
  on(event, listener) {
    this.#add(event, listener, false);
  }

  /** @param {string} event @param {Function} listener */
  addListener(event, listener) {
    this.#add(event, listener, false);
  }

  /** @param {string} event @param {Function} listener */
  once(event, listener) {
    this.#add(event, listener, true);
  }

  /** @param {string} event @param {Function} listener */
  off(event, listener) {
    this.#listeners.set(event, this.#of(event).filter((kept) => kept.listener !== listener));
  }

  /** @param {string} [event] all events when missing */
  removeAllListeners(event) {
    if (event) this.#listeners.delete(event);
    else this.#listeners.clear();
  }

  /** A listener that throws must not stop the client. @param {string} event @param {...any} values */
  emit(event, ...values) {
    for (const { listener, once } of [...this.#of(event)]) {
      if (once) this.off(event, listener);
      try {
        listener.apply(this, values);
      } catch (error) {
        console.error(error);
      }
    }
  }

  /** @param {string} event */
  #of(event) {
    return this.#listeners.get(event) ?? [];
  }

  /** @param {string} event @param {Function} listener @param {boolean} once */
  #add(event, listener, once) {
    const kept = this.#of(event);
    if (kept.some((known) => known.listener === listener)) return;
    this.#listeners.set(event, [...kept, { listener, once }]);
  }
}
