/** See hub.mjs. @throws OptionError */
export function hubOption(hub: string | undefined, isForRoom: boolean): URL | undefined;
