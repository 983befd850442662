const callbacks = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal is aborted, with one listener for each signal: Node warns of a leak when many requests at
 * once listen to the same one.
 * @returns what takes the callback back
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {}
  const all = callbacks.get(signal) ?? listen(signal)
  all.add(callback)
  return () => {
    all.delete(callback)
  }
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>()
  callbacks.set(signal, all)
  signal.addEventListener(
    'abort',
    () => {
      for (const callback of all) callback()
    },
    { once: true },
  )
  return all
}
