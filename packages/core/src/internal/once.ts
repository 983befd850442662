/**
 * Runs `load` with the first call and keeps its result. Calls before it has settled wait for the same run, in their order.
 * A failed run is forgotten: the next call runs `load` again.
 */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
}
