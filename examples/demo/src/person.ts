import pusherJs, { type Channel } from 'pusher-js'

/** The types of pusher-js declare a `default` that its CommonJS module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default

// In a browser cookies are sent automatically. In Node they are a header, which pusher-js's XMLHttpRequest refuses to set
// by default.
const runtime = Pusher.Runtime as unknown as { createXHR(): { setDisableHeaderCheck(off: boolean): void } }
const createXHR = runtime.createXHR
runtime.createXHR = function createXHRWithCookies() {
  const xhr = createXHR.call(this)
  xhr.setDisableHeaderCheck(true)
  return xhr
}

/** A user with a browser tab on an example app: logged in, and connected to the service. */
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

  /** Connects with these credentials, or without any. */
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

  /** Subscribes to a channel. Resolves with the channel, or with the HTTP status of the refusal. */
  join(name: string): Promise<Channel | number> {
    return within(`the response to subscribing to ${name}`, (resolve) => {
      const channel = this.#pusher.subscribe(name)
      channel.bind('pusher:subscription_succeeded', () => resolve(channel))
      channel.bind('pusher:subscription_error', (error: { status: number }) => resolve(error.status))
    })
  }

  /** Signs the connection in. Resolves when it receives the user's events. */
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

  /** Has the app notify a user. Resolves with the time of receipt, as `performance.now()`. */
  async notify(id: string, channel: Channel, text: string): Promise<number> {
    const received = within<number>('the notification', (resolve) => {
      channel.bind('notification', (data: { text: string }) => {
        if (data.text === text) resolve(performance.now())
      })
    })
    await this.post(`/notify/${id}`, { text })
    return received
  }

  /** Sends a request to the app with this user's credentials. */
  post(path: string, body: object): Promise<Response> {
    return post(this.#app + path, body, this.#credentials)
  }

  leave(): void {
    this.#pusher.disconnect()
  }
}

/** Returns the credentials of a log-in: a token in the response, or else cookies. */
async function credentialsOf(login: Response): Promise<Record<string, string>> {
  const { token } = (await login.json()) as { token?: string }
  // A browser sends the page's origin with every POST, and some frameworks require it.
  const { origin } = new URL(login.url)
  if (token !== undefined) return { origin, authorization: `Bearer ${token}` }
  const cookies = login.headers.getSetCookie().map((set) => set.split(';', 1)[0])
  return { origin, cookie: cookies.join('; ') }
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`POST ${new URL(url).pathname} responded ${response.status}`)
  return response
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
