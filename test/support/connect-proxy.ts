import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A local HTTP proxy that only makes CONNECT tunnels (RFC 9110, section 9.3.6). */
export class ConnectProxy {
  /** The targets of all tunnels, `host:port`, in order. */
  readonly tunnels: string[] = [];
  /** The status with which the proxy answers CONNECT. If undefined, the proxy makes a tunnel. */
  refusal: number | undefined;
  /** Whether the proxy never answers. */
  isSilent = false;
  /** Whether the proxy closes the connection without an answer. */
  isAbrupt = false;
  /** The number of connections that the proxy has accepted. */
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly credentials: string | undefined,
  ) {}

  /** @param credentials `user:password`, which every CONNECT must then send */
  static async start(credentials?: string): Promise<ConnectProxy> {
    const server = createServer((_request, response) => response.writeHead(501).end());
    const proxy = new ConnectProxy(server, credentials);
    server.on('connect', (request, socket: Socket) => {
      socket.on('error', () => undefined);
      proxy.tunnel(request.url ?? '', request.headers['proxy-authorization'], socket);
    });
    server.on('connection', (socket) => {
      proxy.connections += 1;
      proxy.track(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private tunnel(target: string, authorization: string | undefined, socket: Socket): void {
    if (this.isSilent) return;
    if (this.isAbrupt) {
      socket.end();
      return;
    }
    const expected = this.credentials && `Basic ${Buffer.from(this.credentials).toString('base64')}`;
    const isAuthorized = expected === undefined || authorization === expected;
    const status = isAuthorized ? this.refusal : 407;
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.tunnels.push(target);
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(target) ?? [];
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    this.track(upstream);
    upstream.on('error', () => socket.destroy());
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }
}
