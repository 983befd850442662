import { element } from './element.ts'

const sayMs = 1500

/** A button that copies the text. */
export function copyButton(what: string, text: string): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${what}` }, 'Copy')
  button.addEventListener('click', async () => {
    const said = await navigator.clipboard.writeText(text).then(
      () => 'Copied',
      () => 'Not copied',
    )
    button.textContent = said
    button.setAttribute('aria-label', `${said}: ${what}`)
    setTimeout(() => {
      button.textContent = 'Copy'
      button.setAttribute('aria-label', `Copy ${what}`)
    }, sayMs)
  })
  return button
}

/** Text to read and to copy, under its name. */
export function copyable(what: string, text: string, ...shown: (Node | string)[]): HTMLElement {
  const content = shown.length === 0 ? [text] : shown
  return element(
    'figure',
    { class: 'code' },
    element('figcaption', {}, element('span', {}, what), copyButton(what, text)),
    // Where it is too wide the keyboard must be able to scroll it.
    element('pre', { tabindex: '0', role: 'region', 'aria-label': what }, element('code', {}, ...content)),
  )
}
