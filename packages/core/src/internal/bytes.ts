const encoder = new TextEncoder()

/** Whether a text is longer than `limit` bytes of UTF-8. It is encoded only if its length leaves that open. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true
  return text.length * 3 > limit && exactBytes(text) > limit
}

/** Length of a text in bytes of UTF-8. */
export function exactBytes(text: string): number {
  return encoder.encode(text).byteLength
}

/** Joins arrays of `size` bytes in total. A single array is returned as it is. */
export function joinBytes(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.byteLength
  }
  return bytes
}
