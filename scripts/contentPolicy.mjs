/**
 * What the page may load and whom it may talk to: its own origin and nobody else. The server sends it as a header, which
 * binds the workers too (they hold the reader's pixels); the page carries it in itself for any other static host.
 * 'wasm-unsafe-eval' lets onnxruntime-web and the DICOM codecs compile WebAssembly; inline styles are the component
 * library's; blob: and data: are pictures drawn here.
 */
export const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
