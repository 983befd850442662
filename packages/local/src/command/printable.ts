/** Text that cannot steer a terminal, whoever wrote it: control characters, but for the line feed, as JSON escapes them. */
export function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
