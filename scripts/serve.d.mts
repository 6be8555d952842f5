interface Served {
  /** Its address on this machine. */
  readonly url: string;
  /** Its addresses on the network; empty unless it serves the room. */
  readonly addresses: readonly string[];
}

/** Serves `root` on the first free port from `port` on. */
export function serve(options: {
  readonly root: string;
  readonly port?: number;
  /** Cross-origin isolation headers; true when not given. */
  readonly isolation?: boolean;
  /** To the network, compressed, and not only to this machine; false when not given. */
  readonly room?: boolean;
  /** DICOMweb address of an archive whose films this machine may read through the page's own; not together with `room`. */
  readonly dicomweb?: string;
  readonly hub?: string;
}): Promise<Served & { close(): Promise<void> }>;
/** What to tell whoever started the server. */
export function announcement(site: Served, room: boolean): string;
