/** Closes a value and everything in it against changes, maps as well. Gives the same value. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const entry of value.values()) deepFreeze(entry);
    // Freezing a map leaves its entries open, so the three ways to change them are closed by hand.
    const closed = () => {
      throw new TypeError('the configuration does not change; a reload makes a new one');
    };
    for (const way of ['set', 'delete', 'clear']) Object.defineProperty(value, way, { value: closed });
  }
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
