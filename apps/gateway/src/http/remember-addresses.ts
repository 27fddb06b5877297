import { LRUCache } from 'lru-cache';

/** How many addresses are remembered, each of at most as many characters as the longest address has. */
const MAX_ADDRESSES = 1000;
const MAX_LENGTH = 45;

/** Remembers what a function makes of an address: parsing an address takes many times as long as looking it up. */
export function rememberAddresses(
  compute: (address: string) => string | undefined,
): (address: string | undefined) => string | undefined {
  const known = new LRUCache<string, { readonly result: string | undefined }>({ max: MAX_ADDRESSES });
  return (address) => {
    if (address === undefined) return undefined;
    if (address.length > MAX_LENGTH) return compute(address);
    let remembered = known.get(address);
    if (!remembered) known.set(address, (remembered = { result: compute(address) }));
    return remembered.result;
  };
}
