/** Copies the text of a field: with the clipboard's own interface, or by selection where a page over plain http has none. */
export async function copyField(field: HTMLInputElement): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  try {
    if (clipboard) {
      await clipboard.writeText(field.value);
      return true;
    }
  } catch {
    // Refused by the browser or its owner; a selection may still be copied.
  }
  field.focus();
  field.select();
  // Deprecated, and the only way without a secure context.
  return document.execCommand("copy");
}
