const open = new WeakSet<object>();

/** Routes that show nothing of an instance: whoever can reach the gateway may use them, and as often as they like. */
export const OpenToAll = (): ClassDecorator => (controller) => {
  open.add(controller);
};

export function isOpenToAll(controller: object): boolean {
  return open.has(controller);
}
