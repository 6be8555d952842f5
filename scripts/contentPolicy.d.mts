/** Content-Security-Policy of the page and its workers. */
export const CONTENT_POLICY: string;
