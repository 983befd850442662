/** Of NaCl's secretbox, which seals the events for encrypted channels. */
export const nonceBytes = 24
const tagBytes = 16

/** How many bytes of data may be sealed for what is sent to be no longer than `limit`. */
export function maxPlaintextBytes(limit: number): number {
  return Math.floor((limit - sealedText('', '').length - base64Length(nonceBytes)) / 4) * 3 - tagBytes
}

/** What is sent of a sealed event, as pusher-js opens it. */
export function sealedText(nonce: string, ciphertext: string): string {
  return `{"nonce":"${nonce}","ciphertext":"${ciphertext}"}`
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}
