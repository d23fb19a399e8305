import { createSecureContext } from 'node:tls';
import { cpuMs, watchMemory } from '../measure/process-usage.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import type { BenchResponder } from '../world/responder.ts';
import type { Transport } from './channel.ts';
import { issueOrder } from './issue-order.ts';
import { openChannel } from './open-channel.ts';
import type { OrderGate } from './order-gate.ts';
import { createOrderGate, openGate } from './order-gate.ts';
import { ServerLostError } from './patience.ts';
import type { PreparedOrder } from './prepare-orders.ts';
import { Recorder } from './recorder.ts';
import type { Directory, Session } from './session.ts';
import { openSession } from './session.ts';

export interface FleetOptions {
  readonly server: BenchServer;
  readonly responder: BenchResponder;
  readonly clients: number;
  readonly keepAlive: boolean;
  readonly transport: Transport;
}

/** Clients with an account each, ready to place orders. */
export interface Fleet {
  readonly clients: number;
  /** What registering the clients took, one after the other. */
  readonly registration: Recorder;
  /** Places the orders, each client its next one as soon as it is done with its last. Resolves with what was measured. */
  run(orders: readonly PreparedOrder[]): Promise<LoadResult>;
  close(): void;
}

export interface LoadResult {
  readonly issued: number;
  readonly seconds: number;
  /** CPU of the server from the first request to the last answer. */
  readonly serverCpuMs: number;
  /** CPU of this process: generator, DNS server and responder. */
  readonly generatorCpuMs: number;
  /** The most resident memory of the server that was seen meanwhile. */
  readonly rssMb: number;
  readonly recorder: Recorder;
  /** Why the load ended early: the server was lost. */
  readonly lost?: string;
}

/** Registers the clients. Throws when the server does not take them. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const origin = new URL(options.server.directoryUrl);
  const context = createSecureContext({ ca: options.server.apiCaPem });
  const registration = new Recorder();
  const current = { recorder: registration };
  const open = () =>
    openChannel({
      origin,
      context,
      keepAlive: options.keepAlive,
      transport: options.transport,
      onUnanswered: (path) => void current.recorder.unanswered.push(path),
    });
  const asking = open();
  const answer = await asking.send('GET', origin.pathname, '');
  asking.close();
  const directory = JSON.parse(answer.body) as Directory;
  const sessions: Session[] = [];
  for (let index = 0; index < options.clients; index += 1)
    sessions.push(await openSession(open(), directory, registration));
  const gate = options.server.ungated === true ? openGate : createOrderGate();
  return {
    clients: options.clients,
    registration,
    async run(orders) {
      for (const session of sessions) session.recordTo(new Recorder());
      if (options.keepAlive) await Promise.all(sessions.map((session) => session.wake()));
      current.recorder = new Recorder();
      for (const session of sessions) session.recordTo(current.recorder);
      return runLoad({ options, sessions, gate, directory, recorder: current.recorder }, orders);
    },
    close: () => {
      for (const session of sessions) session.close();
    },
  };
}

interface Load {
  readonly options: FleetOptions;
  readonly sessions: readonly Session[];
  readonly gate: OrderGate;
  readonly directory: Directory;
  readonly recorder: Recorder;
}

async function runLoad(load: Load, orders: readonly PreparedOrder[]): Promise<LoadResult> {
  const { pid } = load.options.server;
  const memory = watchMemory(pid);
  const [serverBefore, ownBefore, start] = [cpuMs(pid), process.cpuUsage(), performance.now()];
  const lost = await placeAll(load, orders);
  const seconds = (performance.now() - start) / 1000;
  const own = process.cpuUsage(ownBefore);
  return {
    issued: load.recorder.orderMs.length,
    seconds,
    serverCpuMs: lost === undefined ? cpuMs(pid) - serverBefore : Number.NaN,
    generatorCpuMs: (own.user + own.system) / 1000,
    rssMb: memory.stop(),
    recorder: load.recorder,
    ...(lost === undefined ? {} : { lost }),
  };
}

/** Returns why the server was lost, or undefined when every order was tried. */
async function placeAll(load: Load, orders: readonly PreparedOrder[]): Promise<string | undefined> {
  const { options, gate, directory, recorder } = load;
  const queue = orders.values();
  let lost: string | undefined;
  const work = async (session: Session): Promise<void> => {
    const context = {
      session,
      newOrderUrl: directory.newOrder,
      responder: options.responder,
      gate,
      recorder,
    };
    for (const order of queue) {
      if (lost !== undefined) return;
      try {
        await issueOrder(context, order);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        recorder.failures.push(reason);
        if (error instanceof ServerLostError) lost ??= reason;
      }
    }
  };
  await Promise.all(load.sessions.map(work));
  return lost;
}
