import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Plugin } from 'vite';
import { WebSocketServer, type WebSocket } from 'ws';
import { makeFleet, randomSource, type Fleet } from './fleet.ts';
import { answer, routes } from './routes.ts';

type Next = () => void;

/** Serves a made-up fleet beside the pages: `npm run dev:mock`. Never part of a build. */
export function mockApi(size = Number(process.env.GUEEN_WEB_MOCK_AGENTS ?? 1200)): Plugin {
  const fleet = makeFleet(size);
  const table = routes(fleet);
  const serve = (request: IncomingMessage, response: ServerResponse, next: Next) => {
    void readBody(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://mock');
      const reply = answer(table, { method: request.method ?? 'GET', path: url.pathname, query: url.searchParams, body });
      if (!reply) {
        next();
        return;
      }
      response.statusCode = reply.status;
      response.setHeader('Content-Type', 'application/json');
      response.end(reply.status === 204 ? '' : JSON.stringify(reply.body));
    });
  };
  const attach = (server: { middlewares: { use: (handler: typeof serve) => void }; httpServer: unknown }) => {
    server.middlewares.use(serve);
    sockets(server.httpServer as Server, fleet);
  };
  return { name: 'mock-api', configureServer: attach, configurePreviewServer: attach };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.method === 'GET' || request.url?.startsWith('/app/')) return {};
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function sockets(server: Server, fleet: Fleet): void {
  const hub = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = new URL(request.url ?? '/', 'http://mock').pathname;
    if (path !== '/v1/ws' && !path.startsWith('/ws/')) return;
    hub.handleUpgrade(request, socket, head, (client) => {
      if (path === '/v1/ws') live(client, fleet);
      else if (path.endsWith('/cmd/')) command(client);
      else terminal(client);
    });
  });
}

/** Some machines change: GUEEN_WEB_MOCK_FACTS of them a second. */
function live(client: WebSocket, fleet: Fleet): void {
  const random = randomSource(Date.now());
  const perSecond = Number(process.env.GUEEN_WEB_MOCK_FACTS ?? 0.5);
  const change = () => {
    const row = fleet.agents[Math.floor(random() * fleet.agents.length)];
    if (!row) return;
    row.status = row.status === 'online' ? 'offline' : 'online';
    row.connected = row.status === 'online';
    row.last_seen = new Date().toISOString();
    const { hostname, status, connected, last_seen } = row;
    client.send(JSON.stringify({ topic: 'agents', event: 'presence', agent_id: row.agent_id, data: { hostname, status, connected, last_seen } }));
  };
  const turn = Math.max(50, 1000 / perSecond);
  const timer = setInterval(() => {
    for (let sent = 0; sent < (turn / 1000) * perSecond; sent += 1) change();
  }, turn);
  client.on('close', () => clearInterval(timer));
}

function command(client: WebSocket): void {
  client.on('message', () => {
    const id = '0123456789abcdef0123456789abcdef';
    client.send(JSON.stringify({ cmd_id: id }));
    let line = 0;
    const timer = setInterval(() => {
      line += 1;
      client.send(JSON.stringify({ cmd_id: id, output: `\u001b[32m[${String(line)}/25]\u001b[0m Building package ${String(line)} of 25` }));
      if (line < 25) return;
      clearInterval(timer);
      client.send(JSON.stringify({ cmd_id: id, done: true, exit_code: 0 }));
    }, 120);
    client.on('close', () => clearInterval(timer));
  });
}

function terminal(client: WebSocket): void {
  const say = (output: string) => client.send(JSON.stringify({ action: 'trmmcli.output', data: { output, done: false } }));
  client.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as { action: string; data?: string };
    if (frame.action === 'start') say('root@web-0001:~# ');
    if (frame.action === 'input') say(frame.data === '\r' ? '\r\nroot@web-0001:~# ' : (frame.data ?? ''));
  });
}
