import { users } from '@examples/page'
import passport from 'passport'
import { Strategy as LocalStrategy } from 'passport-local'

declare global {
  namespace Express {
    interface User {
      readonly id: string
      readonly name: string
    }
  }
}

passport.use(
  new LocalStrategy({ usernameField: 'name' }, (name, _password, done) => {
    // Your app checks the password here.
    done(null, users.get(name) ?? false)
  }),
)
passport.serializeUser((user, done) => done(null, user.id))
passport.deserializeUser((id: string, done) => done(null, users.get(id) ?? false))

export { passport }
