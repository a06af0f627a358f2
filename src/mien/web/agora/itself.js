// @ts-check
/** Objects that also work through a Proxy. */

/**
 * Vue and others hand a page's objects out behind a Proxy, which has none of their private fields.
 * So every method and accessor of the classes is given the object itself, whoever asks.
 * @param {object} object whose constructor has just begun
 */
export function knowItself(object) {
  let level = Object.getPrototypeOf(object);
  for (; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name === 'constructor' || Object.hasOwn(object, name)) continue;
      Object.defineProperty(object, name, bound(object, member));
    }
  }
}

/** The object behind a Proxy, where it is one of ours.
 * @param {any} thing @returns {any} */
export function withoutProxy(thing) {
  return thing?.itself?.() ?? thing;
}

/** @param {object} object @param {PropertyDescriptor} member @returns {PropertyDescriptor} */
function bound(object, { value, get, set }) {
  const shared = { configurable: true, enumerable: false };
  if (!get && !set) return { ...shared, writable: true, value: value.bind(object) };
  return { ...shared, get: get?.bind(object), set: set?.bind(object) };
}
