const encoder = new TextEncoder()

/** Whether a text is longer than `limit` bytes of UTF-8. Encodes it only where its length cannot tell. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true
  return text.length * 3 > limit && exactBytes(text) > limit
}

/** How many bytes of UTF-8 a text is. */
export function exactBytes(text: string): number {
  return encoder.encode(text).byteLength
}

/** One array of all the parts, which together are `size` bytes. A single part is given back as it is. */
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
