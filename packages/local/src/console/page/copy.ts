import { element } from './element.ts'

const resultMs = 1500

/** A button that copies the text. */
export function copyButton(what: string, text: string): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${what}` }, 'Copy')
  button.addEventListener('click', async () => {
    const result = await navigator.clipboard.writeText(text).then(
      () => 'Copied',
      () => 'Not copied',
    )
    button.textContent = result
    button.setAttribute('aria-label', `${result}: ${what}`)
    setTimeout(() => {
      button.textContent = 'Copy'
      button.setAttribute('aria-label', `Copy ${what}`)
    }, resultMs)
  })
  return button
}

/** A labelled text with a button that copies it. */
export function copyable(what: string, text: string, ...shown: (Node | string)[]): HTMLElement {
  const content = shown.length === 0 ? [text] : shown
  return element(
    'figure',
    { class: 'code' },
    element('figcaption', {}, element('span', {}, what), copyButton(what, text)),
    // Focusable, so that the keyboard can scroll a wide text.
    element('pre', { tabindex: '0', role: 'group', 'aria-label': what }, element('code', {}, ...content)),
  )
}
