/** What runs a model's graphs: the page's two backends, and ONNX Runtime's native build under Node. */
export type Backend = "webgpu" | "wasm" | "native";
