import { HubConnectionBuilder, LogLevel, type IHttpConnectionOptions } from "@microsoft/signalr";
import type { OpenLink } from "./connection.js";
import { unsubscribe } from "./protocol.js";

export interface SignalROptions {
  readonly accessTokenFactory: IHttpConnectionOptions["accessTokenFactory"] | undefined;
  readonly configure: ((builder: HubConnectionBuilder) => void) | undefined;
  readonly serverTimeoutMs: number;
}

/** An id that no subscription has: to unsubscribe from it changes nothing, and the server's completion shows that it is there. */
const noId = 2 ** 31 - 1;

/** Links over SignalR (P1): a HubConnection each. */
export function signalRLinks(url: string, { accessTokenFactory, configure, serverTimeoutMs }: SignalROptions): OpenLink {
  return ({ received, closed }) => {
    const builder = new HubConnectionBuilder()
      .withUrl(url, { timeout: serverTimeoutMs, ...(accessTokenFactory && { accessTokenFactory }) })
      .withServerTimeout(serverTimeoutMs)
      // A server that is away is no error to us; whoever wants SignalR's own log configures it.
      .configureLogging(LogLevel.None);
    configure?.(builder);
    const hub = builder.build();
    hub.on("Receive", received);
    hub.onclose(closed);
    return {
      start: () => hub.start(),
      send: (message) => hub.send("Send", message),
      probe: async () => hub.invoke("Send", unsubscribe([noId])),
      stop: () => hub.stop(),
    };
  };
}
