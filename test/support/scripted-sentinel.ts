import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

const CHANNEL = '+switch-master';

/** A sentinel that says what a test wants. It knows no other sentinel. */
export interface ScriptedSentinel {
  readonly port: number;
  /**
   * From now on another server is the master. The sentinel announces that to its subscribers when it is next asked for the
   * master, and only then answers.
   */
  switchTo(masterPort: number): void;
  stop(): Promise<void>;
}

export async function startScriptedSentinel(masterPort: number): Promise<ScriptedSentinel> {
  const sockets = new Set<Socket>();
  const subscribers = new Set<Socket>();
  let master = masterPort;
  let isAnnounced = true;

  function answer(socket: Socket, command: string): void {
    if (command === 'subscribe') {
      subscribers.add(socket);
      socket.write(`*3\r\n$9\r\nsubscribe\r\n${bulk(CHANNEL)}:1\r\n`);
    } else if (command === 'sentinels') {
      socket.write('*0\r\n');
    } else if (command === 'get-master-addr-by-name') {
      for (const subscriber of isAnnounced ? [] : subscribers) {
        subscriber.write(`*3\r\n$7\r\nmessage\r\n${bulk(CHANNEL)}${bulk('main')}`);
      }
      // Only the first time late enough for the announcement to arrive before.
      setTimeout(
        () => socket.write(`*2\r\n${bulk('127.0.0.1')}${bulk(String(master))}`),
        isAnnounced ? 0 : 50,
      );
      isAnnounced = true;
    } else {
      socket.write('+OK\r\n');
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const [, command = ''] of text.matchAll(
        /\r\n(subscribe|sentinels|get-master-addr-by-name|SETINFO)\r\n/g,
      ))
        answer(socket, command);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    switchTo: (port) => {
      master = port;
      isAnnounced = false;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
