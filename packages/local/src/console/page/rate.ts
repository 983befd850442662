import { byId } from './element.ts'

const seconds = 60
const width = 120
const height = 24

/** Chart of the events per second over the last minute. */
export class Rate {
  readonly #bars: SVGRectElement[] = []
  readonly #history: number[] = Array(seconds).fill(0)
  #current = 0

  constructor() {
    const chart = byId<SVGSVGElement>('rate-chart')
    for (let i = 0; i < seconds; i++) {
      const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
      bar.setAttribute('x', String((i * width) / seconds))
      bar.setAttribute('width', String(width / seconds - 0.5))
      this.#bars.push(bar)
    }
    chart.append(...this.#bars)
    this.#show()
    setInterval(() => this.#tick(), 1000)
  }

  count(events: number): void {
    this.#current += events
  }

  #tick(): void {
    this.#history.push(this.#current)
    this.#history.shift()
    this.#current = 0
    this.#show()
  }

  #show(): void {
    const most = Math.max(...this.#history)
    for (const [i, bar] of this.#bars.entries()) {
      const share = most === 0 ? 0 : (this.#history[i] ?? 0) / most
      const tall = share === 0 ? 0 : Math.max(1.5, share * height)
      bar.setAttribute('y', String(height - tall))
      bar.setAttribute('height', String(tall))
    }
    const now = this.#history.at(-1) ?? 0
    byId('rate').textContent = now.toLocaleString('en')
    byId<SVGTitleElement>('rate-title').textContent =
      `Events per second over the last minute: ${now} now, ${most} at most`
  }
}
