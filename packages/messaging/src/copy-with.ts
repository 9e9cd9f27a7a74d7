/** A copy of an object of the caller's or a library's, of the same class, that differs from it in what is given. */
export function copyWith<T extends object>(original: T, changes: Partial<T>): T {
  return Object.assign(Object.create(Object.getPrototypeOf(original) as object), original, changes) as T;
}
