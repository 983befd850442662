// Nitro 3.0.0 minifies with a plugin that it does not install.
export default { compatibilityDate: '2025-11-01', minify: false }
