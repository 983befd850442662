import pusherJs, { type Channel } from 'pusher-js'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default

// A browser sends its cookies by itself; in Node they are a header, which pusher-js's XMLHttpRequest refuses to set
// until it is told otherwise.
const runtime = Pusher.Runtime as unknown as { createXHR(): { setDisableHeaderCheck(off: boolean): void } }
const createXHR = runtime.createXHR
runtime.createXHR = function createXHRWithCookies() {
  const xhr = createXHR.call(this)
  xhr.setDisableHeaderCheck(true)
  return xhr
}

/** Somebody with a browser tab open on an example app: logged in, and connected to the service. */
export class Person {
  readonly #app: string
  readonly #credentials: Record<string, string>
  readonly #pusher: InstanceType<typeof Pusher>

  private constructor(app: string, credentials: Record<string, string>, pusher: InstanceType<typeof Pusher>) {
    this.#app = app
    this.#credentials = credentials
    this.#pusher = pusher
  }

  /** Logs in and connects, with the real client library. */
  static async logIn(name: string, app: string, appKey: string, wsPort: number): Promise<Person> {
    const headers = await credentialsOf(await post(`${app}/login`, { name, password: 'demo' }))
    return Person.connect(headers, app, appKey, wsPort)
  }

  /** Connects as whoever these headers say, or as nobody. */
  static connect(headers: Record<string, string>, app: string, appKey: string, wsPort: number): Person {
    const pusher = new Pusher(appKey, {
      cluster: 'local',
      wsHost: '127.0.0.1',
      wsPort,
      forceTLS: false,
      enabledTransports: ['ws'],
      channelAuthorization: { endpoint: `${app}/pingerchips/auth`, transport: 'ajax', headers },
      userAuthentication: { endpoint: `${app}/pingerchips/user-auth`, transport: 'ajax', headers },
    })
    return new Person(app, headers, pusher)
  }

  /** Joins a channel; resolves with it, or with the HTTP status that refused it. */
  join(name: string): Promise<Channel | number> {
    return within(`an answer to joining ${name}`, (resolve) => {
      const channel = this.#pusher.subscribe(name)
      channel.bind('pusher:subscription_succeeded', () => resolve(channel))
      channel.bind('pusher:subscription_error', (error: { status: number }) => resolve(error.status))
    })
  }

  /** Signs the connection in. Resolves once the user's own events reach it. */
  async signIn(): Promise<InstanceType<typeof Pusher>['user']> {
    const { user } = this.#pusher
    await within('the sign-in', (resolve) => {
      this.#pusher.bind('pusher:signin_success', resolve)
      this.#pusher.signin()
    })
    await within('the channel of the user', (resolve) => {
      ;(user as unknown as { serverToUserChannel: Channel }).serverToUserChannel.bind(
        'pusher:subscription_succeeded',
        resolve,
      )
    })
    return user
  }

  /** Has the app notify somebody. Resolves with when the event came, as `performance.now()`. */
  async notify(id: string, channel: Channel, text: string): Promise<number> {
    const received = within<number>('the notification', (resolve) => {
      channel.bind('notification', (data: { text: string }) => {
        if (data.text === text) resolve(performance.now())
      })
    })
    await this.post(`/notify/${id}`, { text })
    return received
  }

  /** Asks the app for something, as whoever is logged in. */
  post(path: string, body: object): Promise<Response> {
    return post(this.#app + path, body, this.#credentials)
  }

  leave(): void {
    this.#pusher.disconnect()
  }
}

/** What an app gave out at the login: a token in its answer, or else cookies. */
async function credentialsOf(login: Response): Promise<Record<string, string>> {
  const { token } = (await login.json()) as { token?: string }
  if (token !== undefined) return { authorization: `Bearer ${token}` }
  const cookies = login.headers.getSetCookie().map((set) => set.split(';', 1)[0])
  return { cookie: cookies.join('; ') }
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`POST ${new URL(url).pathname} answered ${answer.status}`)
  return answer
}

function within<T>(what: string, start: (resolve: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} did not come within 10 s`)), 10_000)
    start((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}
