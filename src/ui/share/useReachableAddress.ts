/** The address that a link should carry: on localhost it would lead every other machine to itself. */
import { useEffect, useState } from "react";

export interface ReachableAddress {
  /** URL of this page as others reach it. */
  readonly base: string;
  /** True where no other machine reaches it. */
  readonly isThisMachineOnly: boolean;
  /** The server's addresses on its network, when the page was opened on localhost. */
  readonly choices: readonly string[];
  choose(address: string): void;
}

export function useReachableAddress(): ReachableAddress {
  const isLocal = isLoopback(location.hostname);
  const [choices, setChoices] = useState<readonly string[]>([]);
  const [chosen, choose] = useState<string>();
  useEffect(() => {
    if (!isLocal) return;
    let isOver = false;
    void networkAddresses().then((addresses) => {
      if (!isOver) setChoices(addresses);
    });
    return () => {
      isOver = true;
    };
  }, [isLocal]);
  const address = chosen ?? choices[0];
  return {
    base: address ? new URL(location.pathname + location.search, address).href : location.href,
    isThisMachineOnly: isLocal && address === undefined,
    choices,
    choose,
  };
}

/** What `npm start -- --host` answers; other servers do not know. */
async function networkAddresses(): Promise<readonly string[]> {
  try {
    const response = await fetch(new URL("addresses.json", document.baseURI));
    if (!response.ok) return [];
    const { addresses } = (await response.json()) as { readonly addresses?: unknown };
    return Array.isArray(addresses) ? addresses.filter((each) => URL.canParse(String(each))) : [];
  } catch {
    return [];
  }
}

export function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
