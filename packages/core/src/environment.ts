import { invalidArgument } from './errors.ts'

/** Environment variables, or what has their names: the `env` of a request on Workers. */
export type Environment = Readonly<Record<string, unknown>>

/** @throws {TypeError} naming the variable, if it is missing or empty */
export function requiredVariable(env: Environment, name: string): string {
  const value = variable(env, name)
  if (value === undefined) throw missingVariable(name)
  return value
}

/** An empty variable is one that nobody set. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name]
  return typeof value === 'string' && value.length > 0 ? value : undefined
}

export function missingVariable(name: string): TypeError {
  return invalidArgument(name, 'is missing or empty in the environment')
}
