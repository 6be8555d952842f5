/** The partial bundle has the interface of the whole; its types are published with the whole. */
declare module "plotly.js-cartesian-dist-min" {
  const plotly: unknown;
  export default plotly;
}
