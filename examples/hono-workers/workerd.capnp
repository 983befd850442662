using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "app", worker = .app),
    # Without "local" it would not reach a Pingerchips service on this machine.
    (name = "internet", network = (allow = ["public", "local"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:3007", http = (), service = "app")],
);

const app :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "dist/worker.js")],
  # From 2026-08-04 on no flag is needed for node:crypto (before: nodejs_compat).
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "PINGERCHIPS_APP_ID", fromEnvironment = "PINGERCHIPS_APP_ID"),
    (name = "PINGERCHIPS_APP_KEY", fromEnvironment = "PINGERCHIPS_APP_KEY"),
    (name = "PINGERCHIPS_APP_SECRET", fromEnvironment = "PINGERCHIPS_APP_SECRET"),
    (name = "PINGERCHIPS_ENDPOINT", fromEnvironment = "PINGERCHIPS_ENDPOINT"),
    (name = "JWT_SECRET", fromEnvironment = "JWT_SECRET"),
  ],
);
