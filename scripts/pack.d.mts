export function packClass(paths: { readonly site: string; readonly out: string }): {
  files: number;
  bytes: number;
};
