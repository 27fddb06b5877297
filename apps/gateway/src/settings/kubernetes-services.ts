// For each Service of a namespace, Kubernetes gives every container variables with the Service's name, such as
// REDIS_SERVICE_HOST=10.0.0.1 and REDIS_PORT=tcp://10.0.0.1:6379 (enableServiceLinks).

const ADDRESS = /^(tcp|udp|sctp):\/\/(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]):\d{1,5}$/i;

const NAMES = [/_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/, /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/];

/** Whether a value has the form `tcp://10.0.0.1:6379`. */
export function isServiceAddress(value: string): boolean {
  return ADDRESS.test(value);
}

/** Whether Kubernetes has set a variable, by the forms of its name and value. `REDIS_PORT=6379` is not of Kubernetes. */
export function isServiceVariable(name: string, value: string): boolean {
  return NAMES.some((form) => form.test(name)) || (name.endsWith('_PORT') && isServiceAddress(value));
}
