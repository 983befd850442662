import type { Triggered } from '../server/messages.ts'
import { byId, plural } from './element.ts'

/** The form that triggers an event. */
export class TriggerForm {
  readonly #result = byId<HTMLOutputElement>('trigger-answer')

  constructor(trigger: (event: { channel: string; event: string; data: string }) => boolean) {
    const form = byId<HTMLFormElement>('trigger')
    form.addEventListener('submit', (submit) => {
      submit.preventDefault()
      const field = (name: string) => String(new FormData(form).get(name) ?? '')
      const sent = trigger({ channel: field('channel'), event: field('event'), data: compact(field('data')) })
      this.#showText(sent ? '' : 'Not sent: the service is not connected.', !sent)
    })
  }

  show({ receivers = 0, error }: Triggered): void {
    if (error !== undefined) this.#showText(error, true)
    else
      this.#showText(
        receivers === 0 ? 'Sent. The channel has no subscribers.' : `Sent to ${plural(receivers, 'connection')}.`,
      )
  }

  #showText(text: string, failed = false): void {
    this.#result.textContent = text
    this.#result.dataset.failed = String(failed)
  }
}

/** Compact JSON, as an app sends it; any other text unchanged. */
function compact(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data))
  } catch {
    return data
  }
}
