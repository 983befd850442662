/** What is loaded with its first use, and not before. Whoever comes before it is there goes on in the order of coming. */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => {
    loading ??= load()
    return loading
  }
}
