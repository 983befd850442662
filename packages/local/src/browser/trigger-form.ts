import type { Triggered } from '../console/messages.ts'
import { byId, plural } from './element.ts'

/** The form that triggers an event. */
export class TriggerForm {
  readonly #answer = byId<HTMLOutputElement>('trigger-answer')

  constructor(trigger: (event: { channel: string; event: string; data: string }) => boolean) {
    const form = byId<HTMLFormElement>('trigger')
    form.addEventListener('submit', (submit) => {
      submit.preventDefault()
      const field = (name: string) => String(new FormData(form).get(name) ?? '')
      const sent = trigger({ channel: field('channel'), event: field('event'), data: compact(field('data')) })
      this.#say(sent ? '' : 'Not sent: the service is not connected.', !sent)
    })
  }

  answered({ receivers = 0, error }: Triggered): void {
    if (error !== undefined) this.#say(error, true)
    else this.#say(receivers === 0 ? 'Sent, and nobody was subscribed.' : `Sent to ${plural(receivers, 'connection')}.`)
  }

  #say(text: string, failed = false): void {
    this.#answer.textContent = text
    this.#answer.dataset.failed = String(failed)
  }
}

/** JSON as an app would send it; any other text as it is. */
function compact(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data))
  } catch {
    return data
  }
}
